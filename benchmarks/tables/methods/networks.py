"""RealMLP and TabM by pytabkit, with its defaults: one fold, 20 % of the rows for validation."""

from .rows import Fitted, Medians


def count_weights(roots):
    """The weights of all networks that can be reached from the objects."""
    import torch

    seen, weights, stack = set(), {}, list(roots)
    while stack:
        item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, torch.nn.Module):
            weights.update((id(p), p.numel()) for p in item.parameters())
        elif isinstance(item, (list, tuple)):
            stack.extend(item)
        elif isinstance(item, dict):
            stack.extend(item.values())
        elif type(item).__module__.startswith(("pytabkit", "lightning", "pytorch_lightning")):
            stack.extend(vars(item).values())
    return sum(weights.values()) or None


class Network:
    """A network of pytabkit on the processor. Missing numbers are imputed by the median."""

    classifier = regressor = None

    def load(self):
        """Imports what the fit needs, before the clock starts."""
        import pytabkit
        import torch

        torch.set_num_threads(1)
        self.package = pytabkit

    def fit(self, rows, seed):
        """See the class."""
        name = self.regressor if rows.classes is None else self.classifier
        model = getattr(self.package, name)(
            device="cpu", random_state=seed, n_cv=1, n_refit=0, n_threads=1
        )
        medians = Medians(rows)
        model.fit(medians.apply(rows.inputs), rows.labels(), cat_col_names=list(rows.categories))

        def predict(inputs):
            inputs = medians.apply(inputs)
            return model.predict(inputs) if rows.classes is None else model.predict_proba(inputs)

        return Fitted(predict, lambda: count_weights([model.alg_interface_]))


class RealMlp(Network):
    """RealMLP-TD."""

    classifier, regressor = "RealMLP_TD_Classifier", "RealMLP_TD_Regressor"


class TabM(Network):
    """TabM with 32 members."""

    classifier, regressor = "TabM_D_Classifier", "TabM_D_Regressor"
