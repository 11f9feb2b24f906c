"use client";

import { useEffect, useState } from "react";

const vectors = () => Float32Array.from({ length: 2000 * 16 }, (_, i) => Math.sin(i * i + i / 3));

export function Search() {
  const [found, setFound] = useState({ state: "…" });

  useEffect(() => {
    let ended = false;
    (async () => {
      // Imported here, so that the server leaves it alone.
      const [{ Index, init, sum }, { open, save }] = await Promise.all([import("nearfold"), import("nearfold/storage")]);
      await init();
      let index, how = "opened";
      try {
        index = await open("notes");
      } catch (error) {
        if (error.code !== "not_found") throw error;
        how = "built";
        index = new Index(16, { metric: "cosine" });
        index.add(vectors());
        await save("notes", index);
      }
      const nearest = index.search(vectors().subarray(7 * 16, 8 * 16), { k: 3 }).ids[0];
      if (!ended) setFound({ sum: sum([1e16, 1, -1e16]), nearest, state: `${how} ${index.length} notes` });
      index.free();
    })();
    return () => {
      ended = true;
    };
  }, []);

  return (
    <main>
      <p>The exact sum: <output id="sum">{found.sum}</output></p>
      <p>The nearest note: <output id="nearest">{found.nearest}</output></p>
      <p><output id="state">{found.state}</output></p>
    </main>
  );
}
