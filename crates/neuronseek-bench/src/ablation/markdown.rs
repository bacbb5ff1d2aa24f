//! The tables of the experiment.

use super::{AblationSettings, Goal, Needed, Paired, PeerLosses, Question, Verdict, needed};
use crate::statistics::median;

/// Up to six Markdown tables: how often each neuron pays by network, each table at the depths that
/// were asked for, the parameters needed in short and per table, how often each ingredient pays,
/// and each table.
pub fn markdown(settings: &AblationSettings, all: &[Paired], peers: Option<&PeerLosses>) -> String {
    let of_neurons = |one: &&Paired| matches!(one.question, Question::Neuron { .. });
    let (neurons, ingredients): (Vec<&Paired>, Vec<&Paired>) = all.iter().partition(of_neurons);
    let deep = settings.deep();
    let is_deep = |one: &&&Paired| match &one.question {
        Question::Neuron { hidden, .. } => deep.contains(hidden),
        Question::Ingredient(_) => false,
    };
    let shown: Vec<&Paired> = neurons.iter().filter(is_deep).copied().collect();
    let mut text = String::new();
    if !neurons.is_empty() {
        text += "The neuron against x at equal parameters:\n\n";
        text += &counts(&neurons);
        text += &details(&shown);
        text += &ladder(&needed(all, peers));
    }
    if !ingredients.is_empty() {
        if !text.is_empty() {
            text.push('\n');
        }
        text += "The recipe with an ingredient against without:\n\n";
        text += &counts(&ingredients);
        text += &details(&ingredients);
    }
    text
}

/// What is compared, in two cells.
fn name(question: &Question) -> [String; 2] {
    match question {
        Question::Neuron { of, hidden } => [of.to_string(), layers(hidden)],
        Question::Ingredient(one) => [one.name().to_string(), one.text().to_string()],
    }
}

fn layers(hidden: &[usize]) -> String {
    if hidden.is_empty() {
        return "no hidden layer".to_string();
    }
    let units: Vec<String> = hidden.iter().map(usize::to_string).collect();
    units.join(", ")
}

fn counts(all: &[&Paired]) -> String {
    let mut text = String::from(
        "| what | where | tables | pays | costs | neither | is x | median change | least | most |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    let mut questions: Vec<&Question> = Vec::new();
    for one in all {
        if !questions.contains(&&one.question) {
            questions.push(&one.question);
        }
    }
    for question in questions {
        let own = || all.iter().filter(move |one| &one.question == question);
        let count = |verdict| own().filter(|one| one.verdict() == Some(verdict)).count();
        let [what, place] = name(question);
        let compared = own().filter(|one| one.verdict() != Some(Verdict::Same));
        let percents: Vec<f64> = compared.map(|one| one.percent()).collect();
        let ends = [f64::min, f64::max].map(|end| percents.iter().copied().reduce(end));
        let [low, middle, high] = [ends[0], median(&percents), ends[1]]
            .map(|value| value.map_or("-".to_string(), |value| format!("{value:+.1} %")));
        text += &format!(
            "| {what} | {place} | {} | {} | {} | {} | {} | {middle} | {low} | {high} |\n",
            own().count(),
            count(Verdict::Pays),
            count(Verdict::Costs),
            count(Verdict::Neither),
            count(Verdict::Same),
        );
    }
    text + "\nThe change is that of the mean test loss, over tables where the two differ; pays and \
            costs: the 95 % interval of the paired difference over seeds (Student's t) leaves out 0.\n"
}

fn details(all: &[&Paired]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\n| table | split | what | where | neuron | pairs | failed | parameters | without | loss \
         | with | without | difference | 95 % interval | change | linear model | |\n\
         |---|--:|---|---|---|--:|--:|--:|--:|---|--:|--:|--:|---|--:|--:|---|\n",
    );
    for one in all {
        let [what, place] = name(&one.question);
        let interval = one.interval.map_or("-".to_string(), |(low, high)| {
            format!("{} to {}", signed(low), signed(high))
        });
        text += &format!(
            "| {} | {} | {what} | {place} | {} | {} | {} | {:.0} | {:.0} | {} | {} | {} | {} \
             | {interval} | {:+.1} % | {} | {} |\n",
            one.table,
            one.split,
            one.neuron,
            one.pairs,
            one.failed,
            one.parameters[0],
            one.parameters[1],
            one.loss,
            plain(one.losses[0]),
            plain(one.losses[1]),
            signed(one.difference),
            one.percent(),
            plain(one.linear),
            one.verdict().map_or("", Verdict::name),
        );
    }
    text
}

fn ladder(all: &[Needed]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\nParameters of the smallest network whose mean test loss is at most the goal; - where no \
         network of the ladder reaches it, with the least loss in brackets:\n\n\
         | neuron | goal | tables | neuron needs fewer | x needs fewer | equal | neither reaches \
         | median ratio where both reach |\n|---|---|--:|--:|--:|--:|--:|--:|\n",
    );
    let mut kinds = Vec::new();
    for one in all {
        if !kinds.contains(&(&one.of, &one.goal)) {
            kinds.push((&one.of, &one.goal));
        }
    }
    for (of, goal) in kinds {
        let own: Vec<&Needed> = all
            .iter()
            .filter(|one| (&one.of, &one.goal) == (of, goal))
            .collect();
        let mut wins = [0; 4];
        let mut ratios = Vec::new();
        for one in &own {
            let [with, without] = one.parameters.map(|p| p.unwrap_or(f64::INFINITY));
            // Widths cannot make counts quite equal.
            let ratio = with / without;
            let place = match (with.is_finite(), without.is_finite()) {
                (false, false) => 3,
                _ if ratio < 0.9 => 0,
                _ if ratio > 1.0 / 0.9 => 1,
                _ => 2,
            };
            wins[place] += 1;
            if with.is_finite() && without.is_finite() {
                ratios.push(ratio);
            }
        }
        let ratio = median(&ratios).map_or("-".to_string(), |ratio| format!("{ratio:.2}"));
        text += &format!(
            "| {of} | {} | {} | {} | {} | {} | {} | {ratio} |\n",
            goal_text(goal),
            own.len(),
            wins[0],
            wins[1],
            wins[2],
            wins[3],
        );
    }
    text += "\n| table | split | neuron | goal | loss | neuron needs | x needs |\n\
             |---|--:|---|---|--:|--:|--:|\n";
    for one in all {
        let [with, without] = [0, 1].map(|side| match one.parameters[side] {
            Some(count) => format!("{count:.0}"),
            None => format!("- ({})", plain(one.least[side])),
        });
        text += &format!(
            "| {} | {} | {} | {} | {} | {with} | {without} |\n",
            one.table,
            one.split,
            one.of,
            goal_text(&one.goal),
            plain(one.loss),
        );
    }
    text
}

fn goal_text(goal: &Goal) -> String {
    match goal {
        Goal::Peer(method) => method.clone(),
        Goal::Plain => "network of x".to_string(),
    }
}

fn plain(value: f64) -> String {
    match value {
        value if value > 0.0 && value < 1e-3 => format!("{value:.1e}"),
        value => format!("{value:.4}"),
    }
}

fn signed(value: f64) -> String {
    match value {
        value if value != 0.0 && value.abs() < 1e-3 => format!("{value:+.1e}"),
        value => format!("{value:+.4}"),
    }
}
