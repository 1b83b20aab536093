"""How a model comes about and what it is worth. Offline: the service never loads this package, nor scikit-learn."""
