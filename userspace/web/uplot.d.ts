// SPDX-License-Identifier: GPL-2.0-only
// The compiler is not to infer types from uplot.js, which has none.
declare const uPlot: any;
export default uPlot;
