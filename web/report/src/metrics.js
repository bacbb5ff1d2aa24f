// The metrics in plain words.
import { known, number, percent } from './numbers.js';

const METRICS = {
  rmse: ['RMSE', 'typical size of an error in the units of the target (root mean squared error; large errors count more)'],
  mae: ['MAE', 'mean size of an error in the units of the target'],
  mse: ['MSE', 'mean squared error'],
  nmse: ['NMSE', 'mean squared error over the variance of the target: 0 is perfect, 1 is no better than always saying the mean'],
  r2: ['R²', 'share of the variance of the target that is explained: 1 is perfect, 0 is no better than always saying the mean'],
  deviance: ['Deviance', 'the loss of the fit; 0 is perfect'],
  accuracy: ['Accuracy', 'share of rows whose class is predicted rightly'],
  'log loss': ['Log loss', 'how surprised the predicted probabilities are by the true classes; 0 is perfect'],
  auc: ['AUC', 'how well the classes are ranked: 1 is perfect, 0.5 is chance'],
  'f1 macro': ['F1 (macro)', 'balance of precision and recall, each class counting alike; 1 is perfect'],
  ece: ['ECE', 'mean gap between predicted probabilities and observed shares (expected calibration error); 0 is perfect'],
};

/** How a metric is called. */
export function metricName(name) {
  return METRICS[name]?.[0] ?? String(name);
}

/** What it means; empty where that is not known. */
export function metricMeaning(name) {
  return METRICS[name]?.[1] ?? '';
}

/** A loss within a sentence: "nmse" as "NMSE", "log loss" as it is. */
export function lossName(name) {
  const label = metricName(name);
  return /^[A-Z][a-z]/.test(label) ? label.toLowerCase() : label;
}

/** The metric that says most to people. */
export function headline(metrics) {
  const present = metrics.filter((metric) => known(metric.value ?? metric.model));
  return ['rmse', 'accuracy', 'deviance'].map((name) => present.find((metric) => metric.name === name)).find(Boolean) ?? present[0] ?? null;
}

/** How the model's metric compares with the linear model's, as a sentence part; null where unknown. */
export function comparison(name, value, linear, lowerIsBetter) {
  if (!known(value) || !known(linear)) return null;
  if (value === linear) return 'the same';
  const better = lowerIsBetter ? value < linear : value > linear;
  if (lowerIsBetter && linear > 0 && value >= 0) {
    const change = Math.abs(1 - value / linear);
    return change > 1.5 ? `${number(value / linear, 2)} times as high` : `${percent(change)} ${better ? 'lower' : 'higher'}`;
  }
  const gap = Math.abs(value - linear);
  const size = name === 'accuracy' ? `${number(gap * 100, 2)} percentage points` : number(gap, 2);
  return `${size} ${value > linear ? 'higher' : 'lower'}`;
}
