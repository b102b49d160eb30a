if (typeof DecompressionStream === "undefined") {
  for (const node of document.querySelectorAll(".old-browser")) node.hidden = false;
} else {
  viewer("traces", traces);
  viewer("problems", problems);
  viewer("transcripts", transcripts);
}
