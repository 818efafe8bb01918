/** What an operator can do with an incident just now; the likeliest first. */
import { Alert, Button, Dropdown, Select, Space } from 'antd'
import { useState } from 'react'

import { commands } from '../api/commands'
import { type Detail, type Grade, GRADES, isOpen, TIERS, type Tier } from '../api/types'
import { useT } from '../i18n'
import { useSession } from '../session'
import { ArriveDialog, CloseDialog, MergeDialog, NoteDialog, RejectDialog } from './dialogs'
import { useCommand } from './useCommand'

type Dialog = 'reject' | 'close' | 'note' | 'merge' | `arrive:${Tier}` | null

export function Actions({ detail }: { detail: Detail }) {
  const { t } = useT()
  const { session } = useSession()
  const id = detail.incident.id
  const command = useCommand(id)
  const [dialog, setDialog] = useState<Dialog>(null)
  if (session.role !== 'operator') return <Alert type="info" title={t('act.watch')} className="actions" />
  const close = () => setDialog(null)
  const open = isOpen(detail.incident)
  const called = new Map(detail.incident.clocks.map((one) => [one.tier, one.verdict ?? 'running']))
  const absent = TIERS.filter((tier) => called.get(tier) !== 'arrived')
  return (
    <div className="actions">
      {!open && <span className="quiet">{t('act.ended')}</span>}
      {open && detail.incident.state === 'received' && <ConfirmRow detail={detail} onReject={() => setDialog('reject')} />}
      {open && detail.incident.state !== 'received' && (
        <Space wrap size="small">
          {absent.map((tier) => (
            <Button key={tier} type="primary" size="large" onClick={() => setDialog(`arrive:${tier}`)}>
              {t('act.arrive.tier', { tier: t(`tier.${tier}`) })}
            </Button>
          ))}
          {TIERS.filter((tier) => !called.has(tier)).map((tier) => (
            <Button key={tier} size="large" onClick={() => command.mutate(() => commands.activate(id, tier))}>
              {t('act.activate.tier', { tier: t(`tier.${tier}`) })}
            </Button>
          ))}
          <Button size="large" onClick={() => setDialog('close')} type={detail.incident.state === 'handled' ? 'primary' : 'default'}>
            {t('act.close')}
          </Button>
          <Button size="large" onClick={() => setDialog('reject')}>{t('act.reject')}</Button>
        </Space>
      )}
      <Space wrap size="small">
        {open && detail.incident.state !== 'received' && (
          <Dropdown
            trigger={['click']}
            menu={{
              items: GRADES.filter((one) => one !== detail.incident.grade).map((one) => ({
                key: one,
                label: `${one} ${t(`grade.${one}`)}`,
              })),
              onClick: ({ key }) => command.mutate(() => commands.grade(id, key as Grade)),
            }}
          >
            <Button>{t('act.grade')}</Button>
          </Dropdown>
        )}
        <Button onClick={() => setDialog('note')}>{t('act.note')}</Button>
        {open && <Button onClick={() => setDialog('merge')}>{t('act.merge')}</Button>}
      </Space>
      {dialog === 'reject' && <RejectDialog id={id} onDone={close} />}
      {dialog === 'close' && <CloseDialog id={id} onDone={close} />}
      {dialog === 'note' && <NoteDialog id={id} onDone={close} />}
      {dialog === 'merge' && <MergeDialog id={id} onDone={close} />}
      {dialog?.startsWith('arrive:') && <ArriveDialog id={id} tier={dialog.slice(7) as Tier} onDone={close} />}
    </div>
  )
}

function ConfirmRow({ detail, onReject }: { detail: Detail; onReject: () => void }) {
  const { t } = useT()
  const id = detail.incident.id
  const [grade, setGrade] = useState<Grade>(detail.incident.grade)
  const command = useCommand(id)
  return (
    <Space wrap size="small">
      <label className="quiet" htmlFor="grade">{t('act.confirm.grade')}</label>
      <Select<Grade>
        id="grade"
        size="large"
        value={grade}
        onChange={setGrade}
        style={{ minWidth: 140 }}
        options={GRADES.map((one) => ({ value: one, label: `${one} ${t(`grade.${one}`)}` }))}
      />
      <Button
        type="primary"
        danger
        size="large"
        loading={command.isPending}
        onClick={() => command.mutate(() => commands.confirm(id, grade))}
      >
        {t('act.confirm')}
      </Button>
      <Button size="large" onClick={onReject}>{t('act.reject')}</Button>
      <span className="quiet">{t('act.confirm.hint')}</span>
    </Space>
  )
}
