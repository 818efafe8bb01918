import { expect, it } from 'vitest'

import { frameOf, type Outline, pathOf, projection } from './geometry'

const square: Outline = {
  type: 'Polygon',
  coordinates: [[[120, 30], [120.02, 30], [120.02, 30.02], [120, 30.02], [120, 30]]],
}

it('north is up, east is right, and the drawing keeps to its width', () => {
  const frame = frameOf([square])
  if (frame === null) throw new Error('there is a frame')
  const { x, y, height } = projection(frame, 400)
  expect(y(30.02)).toBeLessThan(y(30))
  expect(x(120.02)).toBeGreaterThan(x(120))
  expect(x(120)).toBeGreaterThanOrEqual(0)
  expect(x(120.02)).toBeLessThanOrEqual(400)
  expect(height).toBeLessThanOrEqual(400)
  // At 30° north a degree east is 13 % shorter than a degree north.
  expect((x(120.02) - x(120)) / (y(30) - y(30.02))).toBeCloseTo(Math.cos((30.01 * Math.PI) / 180), 3)
})

it('several pieces and their holes are one path', () => {
  const ring = square.coordinates[0] as number[][]
  const pieces: Outline = { type: 'MultiPolygon', coordinates: [[ring, ring], [ring]] }
  const found = pathOf(pieces, { x: (n) => n, y: (n) => n })
  expect(found.match(/M/g)).toHaveLength(3)
  expect(found.match(/Z/g)).toHaveLength(3)
})

it('nothing has no frame', () => expect(frameOf([])).toBeNull())
