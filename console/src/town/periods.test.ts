import { expect, it } from 'vitest'

import { firstDay, isoWeek, localDay, midnight, nameOf, shifted } from './periods'

it('a day begins at midnight in Shanghai, whatever the hour is elsewhere', () => {
  expect(localDay(Date.parse('2026-10-04T15:59:59Z'))).toBe('2026-10-04')
  expect(localDay(Date.parse('2026-10-04T16:00:00Z'))).toBe('2026-10-05')
  expect(localDay(Date.parse('1969-12-31T10:00:00Z'))).toBe('1969-12-31')
  expect(new Date(midnight('2027-01-01')).toISOString()).toBe('2026-12-31T16:00:00.000Z')
})

it('weeks begin on Monday, quarters in January, April, July and October', () => {
  expect(firstDay('week', '2026-11-22')).toBe('2026-11-16')
  expect(firstDay('week', '2026-11-23')).toBe('2026-11-23')
  expect(firstDay('quarter', '2026-12-31')).toBe('2026-10-01')
  expect(firstDay('quarter', '2026-03-31')).toBe('2026-01-01')
  expect(firstDay('year', '2026-06-30')).toBe('2026-01-01')
})

it('steps over the ends of months and years', () => {
  expect(shifted('month', '2026-01-31', 1)).toBe('2026-02-01')
  expect(shifted('month', '2026-01-15', -1)).toBe('2025-12-01')
  expect(shifted('quarter', '2026-02-01', -1)).toBe('2025-10-01')
  expect(shifted('day', '2028-02-28', 1)).toBe('2028-02-29')
  expect(shifted('week', '2027-01-01', -1)).toBe('2026-12-21')
})

it('weeks have the year of their Thursday', () => {
  expect(isoWeek('2027-01-01')).toEqual({ year: 2026, week: 53 })
  expect(isoWeek('2024-12-30')).toEqual({ year: 2025, week: 1 })
  expect(isoWeek('2026-01-01')).toEqual({ year: 2026, week: 1 })
})

it('periods have the names that the API knows', () => {
  expect(nameOf('day', '2026-10-05')).toBe('2026-10-05')
  expect(nameOf('week', '2026-10-05')).toBe('2026-W41')
  expect(nameOf('month', '2026-10-05')).toBe('2026-10')
  expect(nameOf('quarter', '2026-10-05')).toBe('2026-Q4')
  expect(nameOf('year', '2026-10-05')).toBe('2026')
})
