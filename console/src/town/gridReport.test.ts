import { expect, it } from 'vitest'

import { area, findingsOf, writtenOf } from './gridReport'

const report = {
  numbered: 0,
  written: { new: 3, changed: 1, moved: 0, closed: 0, same: 12, stranded: [] },
  check: {
    grids: 16,
    findings: [{ check: 'overlap', code: 'twice', grid: '101', name: '东区', other: '102', area_m2: 12_345, latitude: 30, longitude: 120, count: null }],
    counts: { blind: 0, missing: 0, gap: 0, overlap: 1, limit: 0 },
  },
}

it('says what was written, or nothing where faults forbade it', () => {
  expect(writtenOf(report)).toEqual({ added: 3, changed: 1, closed: 0, same: 12 })
  expect(writtenOf({ ...report, written: null })).toBeNull()
  expect(writtenOf(null)).toBeNull()
})

it('findings come with what they say, counts with all that were found', () => {
  const { findings, counts } = findingsOf(report)
  expect(findings).toEqual([{ check: 'overlap', code: 'twice', grid: '101', name: '东区', other: '102', area_m2: 12_345, count: null }])
  expect(counts).toMatchObject({ overlap: 1, gap: 0 })
  expect(findingsOf({ check: null })).toEqual({ findings: [], counts: {} })
})

it('ground is said in the unit that people use', () => {
  expect(area(420)).toEqual({ unit: 'm2', n: '420' })
  expect(area(12_345)).toEqual({ unit: 'ha', n: '1.2' })
  expect(area(2_500_000)).toEqual({ unit: 'km2', n: '2.50' })
})
