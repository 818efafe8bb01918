/** The catalogue of matters by category: limits of each stage, and what a town counts as working time. */
import { useQuery } from '@tanstack/react-query'
import { Button, Checkbox, Form, Input, InputNumber, Modal, Select, Space, Table } from 'antd'
import { useState } from 'react'

import { catalogue, type Limit, type Matter, sheets, type Stage, STAGES, townActs, type Unit, workingTime } from '../../api/town'
import { type Grade, GRADES, type Kind, KINDS } from '../../api/types'
import { useT } from '../../i18n'
import { useSession } from '../../session'
import { Problem } from '../Problem'
import { stacked } from '../stacked'
import { useAct } from '../useCommand'
import { clockSpan, limitWords } from './limits'
import { SheetImport } from './SheetImport'

const UNITS: readonly Unit[] = ['hour', 'day', 'working_hour', 'working_day']

export function Matters() {
  const { t, language } = useT()
  const { session } = useSession()
  const asked = useQuery(catalogue)
  const time = useQuery(workingTime)
  const [category, setCategory] = useState<string>()
  const [search, setSearch] = useState('')
  const [bringing, setBringing] = useState(false)
  const [edited, setEdited] = useState<Matter | 'new' | null>(null)
  const found = asked.data
  const named = (one: { name: string; name_en: string }) => (language === 'en' && one.name_en !== '' ? one.name_en : one.name)
  const items = (found?.items ?? []).filter(
    (one) => (category === undefined || one.category === category) && `${one.code} ${one.name}`.includes(search.trim()),
  )
  const adm = session.role === 'administrator'
  return (
    <>
      {time.data !== undefined && (
        <p className="quiet">
          {t('worktime.hours', { hours: time.data.hours.map(clockSpan).join(t('list.comma')) })}{' '}
          {t('worktime.announced', { year: time.data.announced })}
        </p>
      )}
      <div className="bar filters">
        <Select
          allowClear
          style={{ minWidth: 200 }}
          placeholder={t('matter.category.all')}
          value={category ?? null}
          onChange={(value: string | null) => setCategory(value ?? undefined)}
          options={(found?.categories ?? []).map((one) => ({ value: one.code, label: `${one.code} ${named(one)}` }))}
        />
        <Input.Search allowClear placeholder={t('matter.search')} value={search} onChange={(event) => setSearch(event.target.value)} style={{ maxWidth: 260 }} />
        {adm && <Button type="primary" onClick={() => setEdited('new')}>{t('matter.add')}</Button>}
        {adm && <Button onClick={() => setBringing(true)}>{t('grid.import')}</Button>}
        <a href="/api/matters/export.csv">{t('grid.export.csv')}</a>
      </div>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      <Table<Matter>
        size="small"
        rowKey="code"
        loading={asked.isPending}
        dataSource={items}
        className="stack"
        scroll={{ x: 'max-content' }}
        pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
        locale={{ emptyText: t('matter.none') }}
        columns={stacked([
          { title: t('matter.code'), render: (_, one) => <span className="mono">{one.code}</span> },
          {
            title: t('matter.name'),
            render: (_, one) => (
              <>
                <strong>{named(one)}</strong>
                {one.urgent && <span className="mark warn">{t('matter.urgent')}</span>}
                {!one.active && <span className="mark">{t('org.inactive')}</span>}
              </>
            ),
          },
          { title: t('matter.platform'), render: (_, one) => found?.platforms.find((each) => each.code === one.platform)?.name ?? one.platform },
          { title: t('matter.grade'), render: (_, one) => t(`grade.${one.grade}`) },
          ...STAGES.map((stage) => ({
            title: t(`stage.${stage}`),
            render: (_: unknown, one: Matter) => limitWords(one.limits[stage], t) || (<span className="quiet">—</span>),
          })),
          ...(adm ? [{ title: '', render: (_: unknown, one: Matter) => <Button size="small" onClick={() => setEdited(one)}>{t('do.edit')}</Button> }] : []),
        ])}
      />
      {bringing && (
        <SheetImport title={t('import.matters')} hint={t('import.matters.hint')} example="/api/matters/export.csv" nouns={['matters', 'route']} bring={sheets.matters} onDone={() => setBringing(false)} />
      )}
      {edited !== null && <MatterDialog one={edited === 'new' ? null : edited} onDone={() => setEdited(null)} />}
    </>
  )
}

interface Values {
  code: string
  name: string
  platform?: string
  kinds: Kind[]
  grade: Grade
  urgent: boolean
  active: boolean
  limits: Partial<Record<Stage, Partial<Limit>>>
}

function MatterDialog({ one, onDone }: { one: Matter | null; onDone: () => void }) {
  const { t } = useT()
  const [form] = Form.useForm<Values>()
  const { busy, act } = useAct(['matters', 'route'], onDone)
  const found = useQuery(catalogue).data
  const save = (values: Values) => {
    const limits = Object.fromEntries(
      STAGES.flatMap((stage) => {
        const given = values.limits[stage]
        return given?.amount == null ? [] : [[stage, { amount: given.amount, unit: given.unit ?? 'working_hour' }]]
      }),
    )
    const { code, name, platform, kinds, grade, urgent, active } = values
    act(() =>
      townActs.saveMatter(one?.code ?? code, {
        name: name.trim(), name_en: one?.name_en ?? '', kinds, grade, urgent, active, limits, ...(platform !== undefined && { platform }),
      }),
    )
  }
  const begin: Partial<Values> =
    one === null
      ? { kinds: [], grade: 'IV', urgent: false, active: true, limits: {} }
      : { ...one, limits: Object.fromEntries(Object.entries(one.limits).filter(([, limit]) => limit !== null)) }
  if (begin.platform === '') delete begin.platform
  return (
    <Modal open width={640} title={one === null ? t('matter.add') : `${one.code} ${one.name}`} okText={t('do.save')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy }} onOk={() => form.submit()} onCancel={onDone}>
      <Form<Values> form={form} layout="vertical" requiredMark={false} initialValues={begin} onFinish={save}>
        {one === null && (
          <Form.Item name="code" label={t('matter.code')} extra={t('matter.code.hint')} rules={[{ required: true, pattern: /^\d{4}(\d\d){0,2}$/, message: t('matter.code.hint') }]}>
            <Input maxLength={8} inputMode="numeric" />
          </Form.Item>
        )}
        <Form.Item name="name" label={t('matter.name')} rules={[{ required: true, whitespace: true, message: t('org.name.missing') }]}>
          <Input maxLength={100} />
        </Form.Item>
        <div className="pair-fields">
          <Form.Item name="platform" label={t('matter.platform')}>
            <Select allowClear options={(found?.platforms ?? []).map((each) => ({ value: each.code, label: each.name }))} />
          </Form.Item>
          <Form.Item name="grade" label={t('matter.grade')}>
            <Select options={GRADES.map((grade) => ({ value: grade, label: `${grade} ${t(`grade.${grade}`)}` }))} />
          </Form.Item>
        </div>
        <Form.Item name="kinds" label={t('matter.kinds')} extra={t('matter.kinds.hint')}>
          <Select mode="multiple" options={KINDS.map((kind) => ({ value: kind, label: t(`kind.${kind}`) }))} />
        </Form.Item>
        <Form.Item label={t('matter.limits')} extra={t('matter.limits.hint')}>
          <div className="limit-fields">
            {STAGES.map((stage) => (
              <Space.Compact key={stage}>
                <span className="limit-name">{t(`stage.${stage}`)}</span>
                <Form.Item name={['limits', stage, 'amount']} noStyle>
                  <InputNumber min={1} max={10_000} aria-label={t(`stage.${stage}`)} style={{ width: 90 }} />
                </Form.Item>
                <Form.Item name={['limits', stage, 'unit']} initialValue={one?.limits[stage]?.unit ?? 'working_hour'} noStyle>
                  <Select style={{ width: 120 }} options={UNITS.map((unit) => ({ value: unit, label: t(`unit.${unit}`) }))} />
                </Form.Item>
              </Space.Compact>
            ))}
          </div>
        </Form.Item>
        <Form.Item name="urgent" valuePropName="checked" noStyle>
          <Checkbox>{t('matter.urgent.hint')}</Checkbox>
        </Form.Item>{' '}
        <Form.Item name="active" valuePropName="checked" noStyle>
          <Checkbox>{t('org.active.yes')}</Checkbox>
        </Form.Item>
      </Form>
    </Modal>
  )
}
