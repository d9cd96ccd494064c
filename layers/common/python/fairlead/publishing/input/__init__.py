"""What a publisher brings: model files, tables, estimators and training rows, read and checked."""
