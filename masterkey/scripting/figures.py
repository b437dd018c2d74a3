"""Okabe–Ito colours: told apart with any colour vision. Plots use shape or hatching beside them."""

BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
VERMILION, SKY, PURPLE = "#D55E00", "#56B4E9", "#CC79A7"
BLACK, GREY = "#000000", "#999999"
