/** The four checks of a tree (无盲点、无遗漏、无死角、无重叠): what was found, the largest first. */
import { Table } from 'antd'

import { say, useT } from '../../i18n'
import { area, type Finding, findingsOf } from '../../town/gridReport'
import { Note } from '../Plain'
import { stacked } from '../stacked'

const CHECKS = ['blind', 'missing', 'gap', 'overlap', 'limit'] as const

export function GridFindings({ report }: { report: unknown }) {
  const { t } = useT()
  const { findings, counts } = findingsOf(report)
  if (Object.keys(counts).length === 0 && findings.length === 0) return null
  const faults = CHECKS.filter((one) => one !== 'limit').reduce((sum, one) => sum + (counts[one] ?? 0), 0)
  return (
    <section aria-label={t('check.title')}>
      <Note tone={faults === 0 ? 'good' : 'warn'} title={faults === 0 ? t('check.clean') : t('check.found', { n: faults })}>
        {CHECKS.map((one) => `${t(`check.${one}`)} ${counts[one] ?? 0}`).join(t('list.comma'))}
      </Note>
      {findings.length > 0 && (
        <Table<Finding & { key: number }>
          size="small"
          dataSource={findings.map((one, key) => ({ ...one, key }))}
          className="stack"
          pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }}
          columns={stacked([
            { title: t('check.which'), render: (_, one) => say(t, 'check', one.check) },
            { title: t('nav.grids'), render: (_, one) => <>{one.name} <span className="quiet mono">{one.grid}</span></> },
            { title: t('check.what'), render: (_, one) => <span className="wrap">{say(t, 'finding', one.code)} {extent(one, t)}</span> },
          ])}
        />
      )}
    </section>
  )
}

function extent(one: Finding, t: ReturnType<typeof useT>['t']): string {
  if (one.area_m2 !== null) {
    const { unit, n } = area(one.area_m2)
    return t(`area.${unit}`, { n })
  }
  return [one.other, one.count === null ? '' : String(one.count)].filter((each) => each !== '').join(' ')
}
