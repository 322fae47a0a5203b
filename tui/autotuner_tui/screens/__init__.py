"""One module a screen. A screen knows where its panels stand and what its actions do; what is shown in a panel is
made by plain functions from the fold (`rows`, `words`), which need no screen to be tested."""
