"""The light registration that planted components are said to come from; imports nothing."""
