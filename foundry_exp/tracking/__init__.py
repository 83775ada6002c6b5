"""Publishing run folders to MLflow; a folder is read and never changed."""
