// Search that stays in the page: built once in a worker, kept, opened at the next visit.

export const DIM = 16;

/** Stands for the vectors of your documents. */
export function vectors(n) {
  return Float32Array.from({ length: n * DIM }, (_, i) => Math.sin(i * i + i / 3));
}

/** Returns the worker's index of the notes, and whether it was built now or opened. */
export async function openNotes(nf, progress) {
  const kept = (await nf.list()).some(({ name }) => name === "notes");
  if (kept) return { index: await nf.open("notes"), how: "opened" };
  const index = await nf.Index.create(DIM, { metric: "cosine" });
  await index.add(vectors(2000), { transfer: true, progress });
  await nf.save("notes", index);
  return { index, how: "built" };
}
