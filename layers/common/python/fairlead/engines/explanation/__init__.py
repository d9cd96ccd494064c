"""Explains predictions: Shapley values by field, exact for trees and linear models, sampled through any engine."""
