import { expect, it } from 'vitest'

import { byDue } from './todo'

const line = (opened: string, stage_due: string | null) => ({ opened: `2026-11-${opened}T00:00:00Z`, stage_due: stage_due && `2026-11-${stage_due}T00:00:00Z` })

it('the soonest due comes first, without a limit the oldest', () => {
  const found = byDue([line('03', null), line('02', '25'), line('01', '26'), line('02', null), line('09', '25')])
  expect(found.map((one) => [one.opened.slice(8, 10), one.stage_due?.slice(8, 10)])).toEqual([
    ['02', '25'], ['09', '25'], ['01', '26'], ['02', undefined], ['03', undefined],
  ])
})
