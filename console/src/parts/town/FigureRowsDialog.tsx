/** The incidents behind a figure, each with why it counts; together they are the figure. */
import { useQuery } from '@tanstack/react-query'
import { Button, Modal, Spin } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'

import { type Chosen, type Definitions, type Figure, type FigureRow, figureRows } from '../../api/figures'
import { say, useT } from '../../i18n'
import { useNow } from '../../serverClock'
import { minute } from '../../time'
import { lengthWords, valueWords } from '../../town/figures'
import { Problem } from '../Problem'
import { GradeTag } from '../Words'

interface Props {
  figure: Figure
  chosen: Chosen
  meant: Definitions
  onDone: () => void
}

export function FigureRowsDialog({ figure, chosen, meant, onDone }: Props) {
  const { t, language } = useT()
  const [pages, setPages] = useState<(string | null)[]>([null])
  const asked = useQuery(figureRows(figure.name, chosen, pages.at(-1) ?? null))
  const words = meant.items.find((one) => one.name === figure.name)?.[language]
  const found = asked.data
  return (
    <Modal open width={820} title={words?.title ?? figure.name} footer={null} onCancel={onDone}>
      {words !== undefined && (
        <dl className="pairs">
          <dt>{t('figures.numerator')}</dt>
          <dd>{words.numerator}</dd>
          <dt>{t('figures.denominator')}</dt>
          <dd>{words.denominator}</dd>
          {words.excluded !== '' && (
            <>
              <dt>{t('figures.excluded')}</dt>
              <dd>{words.excluded}</dd>
            </>
          )}
        </dl>
      )}
      {found !== undefined && (
        <p>
          <strong className="mono">{valueWords(found.figure, t)}</strong> <span className="quiet mono">{found.figure.numerator}/{found.figure.denominator}</span>
        </p>
      )}
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {found !== undefined && found.rows.length === 0 && <p className="quiet">{t('behind.none')}</p>}
      <ul className="plain behind">
        {found?.rows.map((row) => <Row key={row.incident} row={row} meant={meant} />)}
      </ul>
      <div className="bar">
        {pages.length > 1 && <Button onClick={() => setPages(pages.slice(0, -1))}>{t('page.before')}</Button>}
        {found?.next != null && <Button onClick={() => setPages([...pages, found.next])}>{t('page.next')}</Button>}
      </div>
    </Modal>
  )
}

function Row({ row, meant }: { row: FigureRow; meant: Definitions }) {
  const { t, language } = useT()
  const now = useNow()
  const reason = (code: string) => {
    const found = meant.reasons.find((one) => one.code === code)
    return found === undefined ? code : found[language]
  }
  return (
    <li>
      <time className="mono">{minute(row.opened, now)}</time>
      <Link to={`/incidents/${row.incident}`}>
        {t(`kind.${row.kind}`)} · {row.grid_name || row.grid}
      </Link>
      <GradeTag grade={row.grade} />
      {row.cases.map((one, place) => (
        <span key={place} className={one.part === 'excluded' ? 'quiet' : one.part === 'numerator' ? 'tone-arrived' : 'tone-late'}>
          {t(`part.${one.part}`)}
          {t('list.colon')}
          {reason(one.reason)}
          {one.seconds !== null && ` · ${lengthWords(one.seconds, t)}`}
          {one.detail !== '' && ` · ${detailWords(one.detail, t)}`}
        </span>
      ))}
    </li>
  )
}

/** A cause `people:not_accepted`, a mark, a level. */
function detailWords(detail: string, t: ReturnType<typeof useT>['t']): string {
  const [whose = '', segment] = detail.split(':')
  if (segment !== undefined) return [say(t, 'cause', whose), say(t, 'segment', segment)].filter((one) => one !== '').join(t('list.colon'))
  for (const family of ['tier', 'satisfaction', 'stage'] as const) {
    const said = say(t, family, detail)
    if (said !== detail) return said
  }
  return detail
}
