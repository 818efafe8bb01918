/** Organisations: what each may do, for where, up to which grade; changed by administrators. */
import { useQuery } from '@tanstack/react-query'
import { Button, Checkbox, Form, Input, InputNumber, Modal, Select, Space, Table } from 'antd'
import { useState } from 'react'

import { catalogue, type Organisation, ORGANISATION_KINDS, type OrganisationKind, organisations, sheets, townActs } from '../../api/town'
import { type Grade, GRADES, type Tier, TIERS } from '../../api/types'
import { useT } from '../../i18n'
import { useSession } from '../../session'
import { Problem } from '../Problem'
import { stacked } from '../stacked'
import { useAct } from '../useCommand'
import { GridPicker, OrganisationPicker } from './pickers'
import { SheetImport } from './SheetImport'

export function OrganisationList() {
  const { t } = useT()
  const { session } = useSession()
  const asked = useQuery(organisations)
  const classes = useQuery(catalogue)
  const [search, setSearch] = useState('')
  const [bringing, setBringing] = useState(false)
  const [edited, setEdited] = useState<Organisation | 'new' | null>(null)
  const nameOf = (code: string) =>
    code === '' ? t('org.everything') : (classes.data?.categories.find((one) => one.code === code)?.name ?? classes.data?.items.find((one) => one.code === code)?.name ?? code)
  const platformOf = (code: string) => classes.data?.platforms.find((one) => one.code === code)?.name ?? code
  const items = (asked.data?.items ?? []).filter((one) => `${one.name} ${one.code} ${one.grid_name}`.includes(search.trim()))
  return (
    <>
      <p className="quiet">{t('org.hint')}</p>
      <div className="bar filters">
        <Input.Search allowClear placeholder={t('org.search')} value={search} onChange={(event) => setSearch(event.target.value)} style={{ maxWidth: 280 }} />
        {session.role === 'administrator' && <Button type="primary" onClick={() => setEdited('new')}>{t('org.add')}</Button>}
        {session.role === 'administrator' && <Button onClick={() => setBringing(true)}>{t('grid.import')}</Button>}
        <a href="/api/organisations/export.csv">{t('grid.export.csv')}</a>
      </div>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      <Table<Organisation>
        size="small"
        rowKey="code"
        loading={asked.isPending}
        dataSource={items}
        className="stack"
        scroll={{ x: 'max-content' }}
        pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
        locale={{ emptyText: t('org.none') }}
        columns={stacked([
          {
            title: t('org.name'),
            render: (_, one) => (
              <>
                <strong>{one.name}</strong> <span className="quiet mono">{one.code}</span>
                {!one.active && <span className="mark warn">{t('org.inactive')}</span>}
              </>
            ),
          },
          { title: t('org.kind'), render: (_, one) => t(`orgkind.${one.kind}`) },
          { title: t('org.tier'), render: (_, one) => t(`tier.${one.tier}`) },
          { title: t('org.grid'), render: (_, one) => one.grid_name || one.grid },
          {
            title: t('org.does'),
            render: (_, one) => [one.collects && t('org.collects'), one.handles && t('org.handles')].filter(Boolean).join(t('list.comma')) || '—',
          },
          { title: t('org.platforms'), render: (_, one) => one.platforms.map(platformOf).join(t('list.comma')) || '—' },
          {
            title: t('org.authority'),
            render: (_, one) => (
              <span className="wrap">
                {one.authorities.length === 0
                  ? '—'
                  : one.authorities.map((each) => t('org.authority.one', { what: nameOf(each.category), grade: t(`grade.${each.highest}`) })).join(t('list.comma'))}
              </span>
            ),
          },
          ...(session.role === 'administrator'
            ? [{ title: '', render: (_: unknown, one: Organisation) => <Button size="small" onClick={() => setEdited(one)}>{t('do.edit')}</Button> }]
            : []),
        ])}
      />
      {asked.data?.more === true && <p className="quiet">{t('list.cut')}</p>}
      {bringing && (
        <SheetImport title={t('import.organisations')} hint={t('import.organisations.hint')} example="/api/organisations/export.csv" nouns={['organisations', 'route']} bring={sheets.organisations} onDone={() => setBringing(false)} />
      )}
      {edited !== null && <OrganisationDialog one={edited === 'new' ? null : edited} onDone={() => setEdited(null)} />}
    </>
  )
}

interface Values {
  code: string
  name: string
  kind: OrganisationKind
  tier: Tier
  grid: string
  parent?: string
  does: string[]
  platforms: string[]
  order: number
  active: boolean
  authorities: { category?: string; highest: Grade }[]
}

function OrganisationDialog({ one, onDone }: { one: Organisation | null; onDone: () => void }) {
  const { t } = useT()
  const [form] = Form.useForm<Values>()
  const { busy, act } = useAct(['organisations', 'route'], onDone)
  const classes = useQuery(catalogue)
  const save = (values: Values) => {
    const body = {
      name: values.name.trim(),
      name_en: one?.name_en ?? '',
      kind: values.kind,
      tier: values.tier,
      grid: values.grid,
      parent: values.parent ?? null,
      collects: values.does.includes('collects'),
      handles: values.does.includes('handles'),
      platforms: values.platforms,
      order: values.order,
      active: values.active,
      authorities: values.authorities.map((each) => ({ category: each.category ?? '', highest: each.highest })),
    }
    act(() => (one === null ? townActs.addOrganisation({ ...body, code: values.code.trim() }) : townActs.saveOrganisation(one.code, body)))
  }
  const begin: Partial<Values> =
    one === null
      ? { kind: 'department', tier: 'township', does: ['handles'], platforms: [], order: 1, active: true, authorities: [] }
      : { ...one, parent: one.parent ?? '', does: [...(one.collects ? ['collects'] : []), ...(one.handles ? ['handles'] : [])] }
  if (begin.parent === '') delete begin.parent
  const things = [
    { value: '', label: t('org.everything') },
    ...(classes.data?.categories ?? []).map((each) => ({ value: each.code, label: `${each.code} ${each.name}` })),
    ...(classes.data?.items ?? []).map((each) => ({ value: each.code, label: `${each.code} ${each.name}` })),
  ]
  return (
    <Modal open width={640} title={one === null ? t('org.add') : one.name} okText={t('do.save')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy }} onOk={() => form.submit()} onCancel={onDone}>
      <Form<Values> form={form} layout="vertical" requiredMark={false} initialValues={begin} onFinish={save}>
        {one === null && (
          <Form.Item name="code" label={t('org.code')} extra={t('org.code.hint')} rules={[{ required: true, pattern: /^[^./\s]{1,64}$/, message: t('org.code.hint') }]}>
            <Input maxLength={64} />
          </Form.Item>
        )}
        <Form.Item name="name" label={t('org.name')} rules={[{ required: true, whitespace: true, message: t('org.name.missing') }]}>
          <Input maxLength={100} />
        </Form.Item>
        <div className="pair-fields">
          <Form.Item name="kind" label={t('org.kind')}>
            <Select options={ORGANISATION_KINDS.map((kind) => ({ value: kind, label: t(`orgkind.${kind}`) }))} />
          </Form.Item>
          <Form.Item name="tier" label={t('org.tier')}>
            <Select options={TIERS.map((tier) => ({ value: tier, label: t(`tier.${tier}`) }))} />
          </Form.Item>
        </div>
        <Form.Item name="grid" label={t('org.grid')} rules={[{ required: true, message: t('report.grid.missing') }]}>
          <GridPicker />
        </Form.Item>
        <Form.Item name="parent" label={t('org.parent')}>
          <OrganisationPicker clearable />
        </Form.Item>
        <Form.Item name="does" label={t('org.does')}>
          <Checkbox.Group options={[{ value: 'collects', label: t('org.collects') }, { value: 'handles', label: t('org.handles') }]} />
        </Form.Item>
        <Form.Item name="platforms" label={t('org.platforms')}>
          <Select mode="multiple" options={(classes.data?.platforms ?? []).map((each) => ({ value: each.code, label: each.name }))} />
        </Form.Item>
        <Form.Item label={t('org.authority')} extra={t('org.authority.hint')}>
          <Form.List name="authorities">
            {(fields, { add, remove }) => (
              <Space orientation="vertical" style={{ width: '100%' }}>
                {fields.map((field) => (
                  <Space key={field.key} wrap>
                    <Form.Item name={[field.name, 'category']} noStyle>
                      <Select showSearch={{ optionFilterProp: 'label' }} style={{ width: 240 }} options={things} />
                    </Form.Item>
                    <Form.Item name={[field.name, 'highest']} noStyle>
                      <Select style={{ width: 150 }} options={GRADES.map((grade) => ({ value: grade, label: t('org.upto', { grade: t(`grade.${grade}`) }) }))} />
                    </Form.Item>
                    <Button size="small" type="text" aria-label={t('do.remove')} onClick={() => remove(field.name)}>✕</Button>
                  </Space>
                ))}
                <Button size="small" onClick={() => add({ category: '', highest: 'IV' })}>{t('org.authority.add')}</Button>
              </Space>
            )}
          </Form.List>
        </Form.Item>
        <div className="pair-fields">
          <Form.Item name="order" label={t('org.order')}>
            <InputNumber min={1} max={1000} />
          </Form.Item>
          <Form.Item name="active" valuePropName="checked" label={t('org.active')}>
            <Checkbox>{t('org.active.yes')}</Checkbox>
          </Form.Item>
        </div>
      </Form>
    </Modal>
  )
}
