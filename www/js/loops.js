// What does everybody write? The plain loops that the fold lab compares with. Their text is shown on the page.

export function sum(values) {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}

export function mean(values) {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total / values.length;
}

export function variance(values) {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  const center = total / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - center) ** 2;
  return squares / values.length;
}

export function norm(values) {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] * values[i];
  return Math.sqrt(squares);
}
