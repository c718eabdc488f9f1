"""Where commands run: each executor takes commands and resources and knows nothing of MLflow."""
