// One row of the result: what was measured, Obolus's figure, the one beside it, their ratio and
// what is demanded of either. Also the order of a few numbers.
export const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

// `names` beginning with another one each round, so that nobody is always first.
export const rotated = (names, round) => {
  const shift = round % names.length;
  return [...names.slice(shift), ...names.slice(0, shift)];
};

export const atLeast = (limit) => ({ on: 'ratio', sign: '>=', limit });
export const atMost = (limit) => ({ on: 'ratio', sign: '<=', limit });
export const obolusAtLeast = (limit) => ({ on: 'obolus', sign: '>=', limit });
export const obolusAtMost = (limit) => ({ on: 'obolus', sign: '<=', limit });

// `pairs`: [Obolus's figure, the other's or null] of each round; the ratio is the median of the
// rounds' ratios and not the ratio of the medians, because the two of a round met the same noise.
export function row({ id, what, unit, pairs, beside = '', target = null }) {
  const both = pairs.filter(([, value]) => value !== null && value !== undefined);
  const result = {
    id,
    what,
    unit,
    obolus: median(pairs.map(([obolus]) => obolus)),
    beside,
    value: both.length > 0 ? median(both.map(([, value]) => value)) : null,
    ratio: both.length > 0 ? median(both.map(([obolus, value]) => obolus / value)) : null,
    target,
    rounds: pairs,
  };
  const figure = target && result[target.on];
  result.met = figure === null ? null : meets(figure, target);
  return result;
}

function meets(figure, { sign, limit }) {
  return sign === '>=' ? figure >= limit : figure <= limit;
}
