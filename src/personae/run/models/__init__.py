"""From a binding to a model that answers: what this machine offers, the weights, the embedded engine."""
