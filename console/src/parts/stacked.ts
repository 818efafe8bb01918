/** Columns of a table that becomes cards at phone size: each cell then says its own title. */
import type { TableColumnType } from 'antd'

export function stacked<T>(columns: (TableColumnType<T> & { title: string })[]): TableColumnType<T>[] {
  return columns.map((one) => ({ ...one, onCell: () => ({ 'data-label': one.title }) as React.TdHTMLAttributes<HTMLElement> }))
}
