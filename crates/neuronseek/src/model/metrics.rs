use serde::{Deserialize, Serialize};

/// How good predictions are on labelled rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Metrics {
    /// Regression, in the target's unit; of several targets, the mean over them.
    Regression {
        /// Mean squared error.
        mse: f64,
        /// Its root.
        rmse: f64,
        /// Mean absolute error.
        mae: f64,
        /// 1 - nmse.
        r2: f64,
        /// mse / variance of these rows' target.
        nmse: f64,
    },
    /// Classification.
    Classification {
        /// The share of right classes.
        accuracy: f64,
        /// Natural logarithm, probabilities clipped to [1e-15, 1 - 1e-15].
        log_loss: f64,
        /// Area under the ROC curve for two classes; for more, the mean over one-against-rest.
        auc: f64,
        /// The mean over classes of the harmonic mean of precision and recall.
        f1_macro: f64,
    },
}
