/** What another policy would have changed on the same incidents: by tier, by incident, by person. */
import { Table } from 'antd'
import { Link } from 'react-router'

import type { Simulation } from '../api/types'
import { say, type Translate, useT } from '../i18n'
import { stacked } from './stacked'
import { usePersonName } from './Words'

type Figures = Simulation['before']
type TierFigures = Figures['tiers'][number]

interface Row {
  tier: TierFigures['tier']
  before: TierFigures | undefined
  after: TierFigures
}

const MOST_PEOPLE = 10

export function Comparison({ found }: { found: Simulation }) {
  const { t } = useT()
  const rows: Row[] = found.after.tiers.map((after) => ({
    tier: after.tier,
    before: found.before.tiers.find((one) => one.tier === after.tier),
    after,
  }))
  return (
    <section aria-label={t('simulate.result')}>
      <p role="status">
        <strong>{t('simulate.changed', { n: found.changed, all: found.after.incidents })}</strong>{' '}
        {found.reproduced != null && t('simulate.reproduced', { share: percent(found.reproduced) })}{' '}
        {found.skipped > 0 && t('simulate.skipped', { n: found.skipped })}
      </p>
      {found.after.incidents === 0 && <p className="quiet">{t('simulate.none')}</p>}
      <Table<Row>
        size="small"
        rowKey="tier"
        dataSource={rows}
        pagination={false}
        scroll={{ x: 'max-content' }}
        className="stack"
        columns={stacked([
          { title: t('simulate.tier'), render: (_, one) => <strong>{t(`tier.${one.tier}`)}</strong> },
          { title: t('simulate.rate'), render: (_, one) => <Pair before={rate(one.before, t)} after={rate(one.after, t)} /> },
          { title: t('simulate.missed'), render: (_, one) => <Pair before={String(one.before?.missed ?? 0)} after={String(one.after.missed)} /> },
          { title: t('simulate.people'), render: (_, one) => <Pair before={String(one.before?.people_called ?? 0)} after={String(one.after.people_called)} /> },
          { title: t('simulate.calls'), render: (_, one) => <Pair before={String(one.before?.calls ?? 0)} after={String(one.after.calls)} /> },
          { title: t('simulate.assumed'), render: (_, one) => String(one.after.assumed) },
        ])}
      />
      {found.after.incidents > 0 && <p className="quiet">{t('simulate.honest')}</p>}
      <div className="halves">
        <Changed found={found} />
        <Loads found={found} />
      </div>
    </section>
  )
}

const percent = (share: number) => `${Math.round(share * 100)}%`

/** "83%（61–94%）": the share and where it truly may lie. */
function rate(figures: TierFigures | undefined, t: Translate): string {
  if (figures?.rate == null) return '—'
  const low = figures.rate_low == null ? '' : Math.round(figures.rate_low * 100)
  const high = figures.rate_high == null ? '' : percent(figures.rate_high)
  return `${percent(figures.rate)}${t('list.brackets', { inside: `${low}–${high}` })}`
}

function Pair({ before, after }: { before: string; after: string }) {
  if (before === after) return <span className="quiet">{after}</span>
  return (
    <>
      <span className="quiet">{before} →</span> <strong>{after}</strong>
    </>
  )
}

function Changed({ found }: { found: Simulation }) {
  const { t } = useT()
  const nameOf = usePersonName()
  const names = (people: readonly string[]) => people.map(nameOf).join(t('list.comma'))
  if (found.incidents.length === 0) return null
  return (
    <div>
      <h2>{t('simulate.incidents')}</h2>
      <ul className="plain">
        {found.incidents.map((one) => (
          <li key={one.incident}>
            <Link to={`/incidents/${one.incident}`}>{t('do.open')}</Link>{' '}
            {one.called.length > 0 && <span>{t('simulate.alsoCalled', { people: names(one.called) })} </span>}
            {one.spared.length > 0 && <span className="quiet">{t('simulate.spared', { people: names(one.spared) })} </span>}
            {Object.entries(one.verdicts).map(([tier, [before, after]]) => (
              <span key={tier}>
                {say(t, 'tier', tier)} {say(t, 'verdict', before)} → {say(t, 'verdict', after)}{' '}
              </span>
            ))}
          </li>
        ))}
      </ul>
    </div>
  )
}

function Loads({ found }: { found: Simulation }) {
  const { t } = useT()
  const nameOf = usePersonName()
  if (found.after.load.length === 0) return null
  return (
    <div>
      <h2>{t('simulate.load')}</h2>
      <ul className="plain">
        {found.after.load.slice(0, MOST_PEOPLE).map((one) => {
          const before = found.before.load.find((other) => other.person === one.person)
          return (
            <li key={one.person}>
              {nameOf(one.person)} <Pair before={String(before?.calls ?? 0)} after={String(one.calls)} />{' '}
              <span className="quiet">{t('simulate.night', { n: one.night_calls })}</span>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
