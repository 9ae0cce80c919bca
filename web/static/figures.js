// Rows of figures: once it is chosen what is measured, only units of it are left to choose from. Without this script all of them
// are, and the server says which do not fit.
const narrow = (row) => {
  const [quantity, unit] = row.querySelectorAll("select");
  const fitting = new Map(row.dataset.units.split(";").map((entry) => {
    const [name, ...codes] = entry.split(" ");
    return [name, codes];
  }));
  const all = [...unit.options];
  const choose = () => {
    const codes = fitting.get(quantity.value);
    const chosen = unit.value;
    const left = codes
      ? all.filter((option) => option.value === "" || codes.includes(option.value)).sort((a, b) => codes.indexOf(a.value) - codes.indexOf(b.value))
      : all;
    unit.replaceChildren(...left);
    unit.value = left.some((option) => option.value === chosen) ? chosen : "";
    if (codes?.length === 1) unit.value = codes[0];
  };
  quantity.addEventListener("change", choose);
  if (unit.value === "" || fitting.get(quantity.value)?.includes(unit.value)) choose(); // what does not fit stays to be seen
};
for (const row of document.querySelectorAll("[data-units]")) narrow(row);
