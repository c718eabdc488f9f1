"""The only room that imports mlflow: runs, claims and queries."""
