def product(h, factors):
    """The product, element by element, of h @ factor over all factors."""
    result = 1.0
    for factor in factors.unbind(-3):
        result = result * (h @ factor)
    return result


def embedding(h, inputs, bins, low, high, steps):
    """Piecewise linear functions of single inputs, by steps over bins from low to high."""
    which = [number for number, count in zip(inputs, bins) for _ in range(count)]
    share = torch.clamp((h[..., which] - low) / (high - low), 0, 1)
    parts = zip(share.split(bins, dim=-1), steps.split(bins, dim=-2))
    return torch.cat([part @ step for part, step in parts], dim=-1)


def layer_norm(h, scale, shift):
    """Normalised over the units of each row."""
    return nn.functional.layer_norm(h, h.shape[-1:]) * scale + shift


def bent_method():
    def scaled(self, inputs):
        """Scaled inputs, between -3 and 3."""
        x = inputs.to(self.center.dtype)
        z = torch.clamp((x - self.center) / self.scale, -1e6, 1e6)
        return torch.where(self.bent > 0, z / torch.sqrt(1 + (z / 3) ** 2), torch.clamp(x, -3, 3))


def cut_method():
    def scaled(self, inputs):
        """Scaled inputs, those of the formula alone."""
        x = inputs[:, : len(self.scale)].to(self.scale.dtype)
        return (torch.clamp(x, self.low, self.high) - self.shift) / self.scale


def methods():
    def computed(self, columns):
        """What `forward` gives for all rows of a mapping of columns, as a NumPy array."""
        device = self.scale.device
        with torch.no_grad():
            parts = [self(torch.from_numpy(inputs).to(device)) for inputs in blocks(columns)]
        return torch.cat(parts).cpu().numpy()


def load(path):
    """A model with the weights of a safetensors file."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = bytearray(file.read())
    kinds = {"F32": torch.float32, "F64": torch.float64}
    state = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            values = torch.frombuffer(data[start:end], dtype=kinds[entry["dtype"]])
            state[name] = values.reshape(entry["shape"])
    model = NeuronSeekModel()
    model.load_state_dict(state)
    return model
