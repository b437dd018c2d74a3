"""What stands in a text: sections, sentences, names of materials, methods, quantities, heat treatments."""
