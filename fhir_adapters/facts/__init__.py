"""Answers to declared questions about one record: values, series, conditions, drugs, stays."""
