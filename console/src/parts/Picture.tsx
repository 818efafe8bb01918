/** The incident's picture, reduced; the original on demand, which is logged. */
import { useState } from 'react'

import type { Detail } from '../api/types'
import { useT } from '../i18n'
import { useSession } from '../session'
import { Boxed } from './Boxed'
import { Panel } from './Panel'
import { Btn } from './Plain'

export function Picture({ detail }: { detail: Detail }) {
  const { t } = useT()
  const { session } = useSession()
  const found = detail.evidence.flatMap((one) => one.evidence.pictures)
  const hashes = [...new Set([...(detail.incident.picture == null ? [] : [detail.incident.picture]), ...found])]
  const [chosen, setChosen] = useState<string | null>(null)
  const [original, setOriginal] = useState<string | null>(null)
  const [broken, setBroken] = useState<readonly string[]>([])
  const there = hashes.filter((one) => !broken.includes(one))
  const shown = there.find((one) => one === chosen) ?? there[0]
  if (shown === undefined) {
    return (
      <Panel title={t('incident.picture')}>
        <p className="quiet">{t('incident.picture.none')}</p>
      </Panel>
    )
  }
  const full = original === shown
  const boxes = detail.evidence.find((one) => one.evidence.pictures.includes(shown))?.evidence.boxes ?? []
  const may = session.role === 'operator' || session.role === 'responder'
  return (
    <Panel
      title={t('incident.picture')}
      extra={
        may && (
          <Btn title={t('incident.picture.logged')} onClick={() => setOriginal(full ? null : shown)}>
            {t(full ? 'incident.picture.reduced' : 'incident.picture.original')}
          </Btn>
        )
      }
    >
      <Boxed
        picture={shown}
        boxes={boxes}
        incident={full ? detail.incident.id : undefined}
        onError={() => setBroken([...broken, shown])}
      />
      {there.length > 1 && (
        <div className="thumbs">
          {there.slice(0, 8).map((one, place) => (
            <button
              key={one}
              type="button"
              aria-label={`${t('incident.picture')} ${place + 1}`}
              aria-pressed={one === shown}
              onClick={() => setChosen(one)}
            >
              <img src={`/api/pictures/${one}`} alt="" onError={() => setBroken([...broken, one])} />
            </button>
          ))}
        </div>
      )}
    </Panel>
  )
}
