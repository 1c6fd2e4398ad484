/** The element with that id, which is in page.html. */
export function byId<T extends Element>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`there is no ${type.name} #${id}`);
  return found;
}

/** A new element. Texts only ever come into the document as text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Sets the text where it changes, so that a selection and a screen reader are not disturbed. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Makes the number of children fit, and calls `update` for each. */
export function fitChildren<T extends Element>(
  parent: Element,
  count: number,
  create: (index: number) => T,
  update: (child: T, index: number) => void,
): void {
  while (parent.children.length > count) parent.lastElementChild?.remove();
  for (let index = 0; index < count; index++) {
    if (index >= parent.children.length) parent.append(create(index));
    update(parent.children[index] as T, index);
  }
}
