// The plain objects that results come in. Imported by the generated code.

export const arrayResult = (data, shape, dtype) => ({ data, shape: Array.from(shape), dtype });

export const neighbors = (ids, distances) => ({ ids, distances });

export const neighborsBatch = (ids, distances, n, k) => ({ ids, distances, shape: [n, k] });

export const histogramResult = (counts, edges) => ({ counts, edges });

export const neighborsExplained = (ids, distances, explained) => ({ ids, distances, explained });
