//! scratch
use neuronseek::model::*;
use neuronseek::observe::Control;
use neuronseek_bench::tables::*;
fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let mut o = FitOptions::default();
    let mut only = vec![];
    let mut splits = vec![0];
    for x in &a {
        match x.split_once('=') {
            None => only.push(x.clone()),
            Some(("hidden", v)) => {
                o.network.hidden = v.split(',').map(|x| x.parse().unwrap()).collect()
            }
            Some(("members", v)) => o.network.members = v.parse().unwrap(),
            Some(("dropout", v)) => o.network.dropout = v.parse().unwrap(),
            Some(("lr", v)) => o.train.learning_rate = v.parse().unwrap(),
            Some(("epochs", v)) => o.train.epochs = v.parse().unwrap(),
            Some(("patience", v)) => o.train.patience = Some(v.parse().unwrap()),
            Some(("decay", v)) => o.train.weight_decay = v.parse().unwrap(),
            Some(("skip", v)) => {
                o.network.skip = if v == "none" {
                    None
                } else {
                    Some(v.parse().unwrap())
                }
            }
            Some(("act", v)) => {
                o.network.activation = serde_json::from_str(&format!("\"{v}\"")).unwrap()
            }
            Some(("order", v)) => o.search.max_order = v.parse().unwrap(),
            Some(("rank", v)) => o.network.rank = v.parse().unwrap(),
            Some(("neuron", v)) => {
                o.neuron = NeuronChoice::Given(v.parse().unwrap());
                o.compare = true
            }
            Some(("splits", v)) => splits = v.split(',').map(|x| x.parse().unwrap()).collect(),
            Some(("seed", v)) => o.seed = v.parse().unwrap(),
            _ => panic!("{x}"),
        }
    }
    let s = Settings {
        folder: "/work/shared/data/tabular".into(),
        splits,
        only,
        options: o,
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    let r = pool.install(|| run(&s, &Control::silent(), &mut |r| { eprintln!("{:28} {:9} model {:.4} lin {:.4} found {:.4} plain {:.4} poly {:.4} | {:?} {} | found {} | {} par {:.1}s", r.table, r.loss, r.model, r.linear, r.found_network.unwrap_or(f64::NAN), r.plain_network.unwrap_or(f64::NAN), r.polynomial.unwrap_or(f64::NAN), r.kind, r.neuron, r.found, r.parameters, r.seconds); })).unwrap();
    println!("{}", markdown(&r));
}
