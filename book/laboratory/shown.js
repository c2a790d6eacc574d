// What is measured because it is shown: known to the engine's side and to the page's.

export const DIGITS = 40; // unseen digits in the panel of predictions
