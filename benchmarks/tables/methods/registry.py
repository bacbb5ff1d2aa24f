"""The peers: every method's settings in one place each."""

from .catboost_trees import CatBoost
from .lightgbm_trees import LightGBM
from .linear import Linear, Mlp
from .networks import RealMlp, TabM
from .package import Package
from .xgboost_trees import XGBoost

METHODS = {
    "catboost": CatBoost(),
    "catboost5000": CatBoost(iterations=5000),
    "lightgbm": LightGBM(),
    "linear": Linear(),
    "mlp": Mlp(),
    "neuronseek-python": Package(),
    "realmlp": RealMlp(),
    "tabm": TabM(),
    "xgboost": XGBoost(),
}
