/** What was shown for each arrival, how good it is, and taking back what does not hold. */
import { useQuery } from '@tanstack/react-query'
import { Button, Modal, Space } from 'antd'
import { useState } from 'react'

import { commands } from '../api/commands'
import { proofs, REFUTE_REASONS } from '../api/response'
import type { Detail, Proof, Tier } from '../api/types'
import { type Names, personOf } from '../events'
import { type Translate, useT } from '../i18n'
import { useSession } from '../session'
import { second } from '../time'
import { Panel } from './Panel'
import { Problem } from './Problem'
import { useCommand } from './useCommand'

export function Proofs({ detail, names }: { detail: Detail; names: Names }) {
  const { t } = useT()
  const { session } = useSession()
  const asked = useQuery(proofs(detail.incident.id))
  const [refuting, setRefuting] = useState<Tier | null>(null)
  const items = asked.data?.items ?? []
  if (items.length === 0 && asked.error == null) return null
  const stopped = new Set(detail.incident.clocks.filter((one) => one.verdict === 'arrived' || one.verdict === 'late').map((one) => one.tier))
  return (
    <Panel title={t('proofs.title')}>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      <ul className="plain">
        {items.map((one) => (
          <li key={one.id} className={one.refuted == null ? '' : 'refuted'}>
            <div>
              <time className="mono">{second(one.at, names.now)}</time>{' '}
              <strong>
                {one.tier == null ? '' : t(`tier.${one.tier}`)} {personOf(one.person, names, t)}
              </strong>{' '}
              <span className="mark">{t(`basis.${one.basis}`)}</span>{' '}
              {!one.accepted && <span className="mark warn">{t('proofs.weak')}</span>}
            </div>
            <div className="quiet">{detailsOf(one, t).join(' · ')}</div>
            <PhotoBesideCode proof={one} incident={detail.incident.id} />
            {one.refuted != null && <div className="tone-missed">{t('proofs.refuted', { time: second(one.refuted, names.now) })}</div>}
            {session.role === 'operator' && one.accepted && one.refuted == null && one.tier != null && stopped.has(one.tier) && (
              <Button size="small" onClick={() => setRefuting(one.tier ?? null)}>{t('proofs.refute')}</Button>
            )}
          </li>
        ))}
      </ul>
      {refuting !== null && <RefuteDialog id={detail.incident.id} tier={refuting} onDone={() => setRefuting(null)} />}
    </Panel>
  )
}

function PhotoBesideCode({ proof, incident }: { proof: Proof; incident: string }) {
  const { t } = useT()
  const code = proof.details['code']
  if (proof.picture == null) return null
  return (
    <div className="photo-proof">
      <img src={`/api/pictures/${proof.picture}?incident=${incident}`} alt={t('proofs.photo')} />
      {typeof code === 'string' && (
        <div>
          <span className="quiet">{t('proofs.code')}</span>
          <div className="code">{code}</div>
          <span className="quiet">{t('proofs.compare')}</span>
        </div>
      )}
    </div>
  )
}

/** Distance, accuracy, age, tag, signature: as far as they were given. */
export function detailsOf(proof: Pick<Proof, 'details'>, t: Translate): string[] {
  const number = (name: string) => (typeof proof.details[name] === 'number' ? Math.round(proof.details[name]) : null)
  const said: string[] = []
  const distance = number('distance_m')
  const accuracy = number('accuracy_m')
  const age = number('age_s')
  if (distance !== null) said.push(t('proofs.distance', { metres: distance }))
  if (accuracy !== null) said.push(t('proofs.accuracy', { metres: accuracy }))
  if (age !== null) said.push(t('proofs.age', { seconds: age }))
  const tag = proof.details['tag_name'] ?? proof.details['tag']
  if (typeof tag === 'string') said.push(t('proofs.tag', { name: tag }))
  if (proof.details['phone'] !== undefined && proof.details['phone'] !== null) said.push(t('proofs.signed'))
  return said
}

function RefuteDialog({ id, tier, onDone }: { id: string; tier: Tier; onDone: () => void }) {
  const { t } = useT()
  const command = useCommand(id)
  return (
    <Modal open title={t('proofs.refute.why', { tier: t(`tier.${tier}`) })} footer={null} onCancel={onDone}>
      <p className="quiet">{t('proofs.refute.hint')}</p>
      <Space orientation="vertical" className="choices">
        {REFUTE_REASONS.map((reason) => (
          <Button
            key={reason}
            block
            size="large"
            disabled={command.isPending}
            onClick={() => command.mutate(() => commands.refute(id, tier, reason), { onSuccess: onDone })}
          >
            {t(`refute.${reason}`)}
          </Button>
        ))}
      </Space>
    </Modal>
  )
}
