/** What an operator can do with an incident just now; the likeliest first. */
import { Alert, Button, Dropdown, Popconfirm, Select, Space } from 'antd'
import { useState } from 'react'

import { commands } from '../api/commands'
import { type Detail, type Grade, GRADES, isOpen, TIERS, type Tier } from '../api/types'
import { useT } from '../i18n'
import { useSession } from '../session'
import { Moves } from './case/Moves'
import { ArriveDialog, CloseDialog, MergeDialog, NoteDialog, RejectDialog } from './dialogs'
import { useCommand } from './useCommand'

type Dialog = 'reject' | 'close' | 'note' | 'merge' | `arrive:${Tier}` | null

export function Actions({ detail }: { detail: Detail }) {
  const { t } = useT()
  const { session } = useSession()
  const id = detail.incident.id
  const command = useCommand(id)
  const [dialog, setDialog] = useState<Dialog>(null)
  if (session.role !== 'operator') {
    if (detail.moves.length === 0 && session.role !== 'department') return <Alert type="info" title={t('act.watch')} className="actions" />
    return (
      <div className="actions">
        <Moves detail={detail} />
        {session.role === 'department' && <Button onClick={() => setDialog('note')}>{t('act.note')}</Button>}
        {dialog === 'note' && <NoteDialog id={id} onDone={() => setDialog(null)} />}
      </div>
    )
  }
  const close = () => setDialog(null)
  const line = detail.incident
  const may = (move: string) => detail.moves.includes(move)
  const fresh = line.state === 'reported' || line.state === 'received'
  const urgent = isOpen(line) && line.confirmed != null
  const called = new Map(line.clocks.map((one) => [one.tier, one.verdict ?? 'running']))
  const absent = TIERS.filter((tier) => called.get(tier) !== 'arrived')
  return (
    <div className="actions">
      {!isOpen(line) && detail.moves.length === 0 && <span className="quiet">{t('act.ended')}</span>}
      {may('confirm') && fresh && <ConfirmRow detail={detail} onReject={() => setDialog('reject')} />}
      <Moves detail={detail} />
      {!fresh && isOpen(line) && (
        <Space wrap size="small">
          {urgent &&
            absent.map((tier) => (
              <Button key={tier} type={line.stage == null ? 'primary' : 'default'} size="large" onClick={() => setDialog(`arrive:${tier}`)}>
                {t('act.arrive.tier', { tier: t(`tier.${tier}`) })}
              </Button>
            ))}
          {may('activate') &&
            TIERS.filter((tier) => !called.has(tier)).map((tier) => (
              <Button key={tier} size="large" onClick={() => command.mutate(() => commands.activate(id, tier))}>
                {t('act.activate.tier', { tier: t(`tier.${tier}`) })}
              </Button>
            ))}
          {may('close') && (
            <Button size="large" onClick={() => setDialog('close')} type={line.state === 'checked' || (urgent && line.state === 'handled') ? 'primary' : 'default'}>
              {t('act.close')}
            </Button>
          )}
          {may('reject') && <Button size="large" onClick={() => setDialog('reject')}>{t('act.reject')}</Button>}
        </Space>
      )}
      <Space wrap size="small">
        {may('change_grade') && line.confirmed != null && (
          <Dropdown
            trigger={['click']}
            menu={{
              items: GRADES.filter((one) => one !== line.grade).map((one) => ({
                key: one,
                label: `${one} ${t(`grade.${one}`)}`,
              })),
              onClick: ({ key }) => command.mutate(() => commands.grade(id, key as Grade)),
            }}
          >
            <Button>{t('act.grade')}</Button>
          </Dropdown>
        )}
        {may('confirm') && !fresh && (
          <Popconfirm
            title={t('act.urgent.sure')}
            okText={t('act.confirm')}
            cancelText={t('do.cancel')}
            onConfirm={() => command.mutate(() => commands.confirm(id))}
          >
            <Button danger>{t('act.urgent')}</Button>
          </Popconfirm>
        )}
        <Button onClick={() => setDialog('note')}>{t('act.note')}</Button>
        {may('merge') && <Button onClick={() => setDialog('merge')}>{t('act.merge')}</Button>}
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
