import { expect, it } from 'vitest'

import { board, weekFrom } from './board'

const shift = (person: string, grid: string, since: string, until: string | null) => ({
  person, person_name: person, grid, grid_name: grid, since, until,
})
const monday = '2026-11-23'

it('a week has seven days, over the end of a month too', () => {
  expect(weekFrom(monday)).toEqual(['2026-11-23', '2026-11-24', '2026-11-25', '2026-11-26', '2026-11-27', '2026-11-28', '2026-11-29'])
  expect(weekFrom('2026-12-28').at(-1)).toBe('2027-01-03')
})

it('a night is on both days, with its hours in Shanghai', () => {
  const [place] = board([shift('王强', '101', '2026-11-23T12:00:00Z', '2026-11-24T00:00:00Z')], monday)
  expect(place?.days[0]).toMatchObject([{ from: '20:00', to: '' }])
  expect(place?.days[1]).toMatchObject([{ from: '', to: '08:00' }])
  expect(place?.days[2]).toEqual([])
})

it('who is on duty without an end is there every day, a shift that ends at midnight is not on the next', () => {
  const [first, second] = board(
    [shift('陈', '102', '2026-11-01T00:00:00Z', null), shift('李', '103', '2026-11-23T00:00:00Z', '2026-11-23T16:00:00Z')],
    monday,
  )
  expect(first?.days.map((one) => one.length)).toEqual([1, 1, 1, 1, 1, 1, 1])
  expect(second?.days.map((one) => one.length)).toEqual([1, 0, 0, 0, 0, 0, 0])
})
