/** Outlines of places as paths of a drawing; pure. Degrees east and north in, north is up. */
export type Ring = readonly (readonly number[])[]
export type Outline =
  | { type: 'Polygon'; coordinates: readonly Ring[] }
  | { type: 'MultiPolygon'; coordinates: readonly (readonly Ring[])[] }

export interface Frame {
  west: number
  south: number
  east: number
  north: number
}

export function ringsOf(outline: Outline): readonly Ring[] {
  return outline.type === 'Polygon' ? outline.coordinates : outline.coordinates.flat()
}

/** The least frame around some outlines; null around none. */
export function frameOf(outlines: readonly Outline[]): Frame | null {
  const frame = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity }
  for (const outline of outlines) {
    for (const ring of ringsOf(outline)) {
      for (const [east = 0, north = 0] of ring) {
        frame.west = Math.min(frame.west, east)
        frame.east = Math.max(frame.east, east)
        frame.south = Math.min(frame.south, north)
        frame.north = Math.max(frame.north, north)
      }
    }
  }
  return frame.west > frame.east ? null : frame
}

/** Places of a frame in a drawing of a width, with a margin; a degree east is shorter than one north. */
export function projection(frame: Frame, width: number, margin = 8) {
  const narrow = Math.cos((((frame.south + frame.north) / 2) * Math.PI) / 180)
  const wide = Math.max((frame.east - frame.west) * narrow, 1e-9)
  const high = Math.max(frame.north - frame.south, 1e-9)
  const scale = Math.min((width - 2 * margin) / wide, (width * 0.8 - 2 * margin) / high)
  const height = high * scale + 2 * margin
  const left = (width - wide * scale) / 2
  const x = (east: number) => left + (east - frame.west) * narrow * scale
  const y = (north: number) => margin + (frame.north - north) * scale
  return { height, x, y }
}

/** The `d` of a path; holes are drawn with the even-odd rule. */
export function pathOf(outline: Outline, { x, y }: Pick<ReturnType<typeof projection>, 'x' | 'y'>): string {
  return ringsOf(outline)
    .map((ring) => `M${ring.map(([east = 0, north = 0]) => `${x(east).toFixed(1)} ${y(north).toFixed(1)}`).join('L')}Z`)
    .join('')
}
