/** Grids as a tree to choose from. */
import type { Grid } from '../api/types'

export interface Node {
  value: string
  title: string
  children: Node[]
}

/** Grids come after the one above them: one pass makes the tree. */
export function treeOf(items: readonly Pick<Grid, 'code' | 'name' | 'parent'>[]): Node[] {
  const nodes = new Map<string, Node>()
  const roots: Node[] = []
  for (const one of items) {
    const node = { value: one.code, title: one.name, children: [] }
    nodes.set(one.code, node)
    const above = one.parent == null ? undefined : nodes.get(one.parent)
    ;(above?.children ?? roots).push(node)
  }
  return roots
}
