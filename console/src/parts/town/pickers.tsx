/** Choices that many dialogs offer: an organisation, a matter, a grid. */
import { useQuery } from '@tanstack/react-query'
import { Select, TreeSelect } from 'antd'
import { useMemo, useState } from 'react'

import { person as onePerson, staff } from '../../api/people'
import { grids } from '../../api/queries'
import { catalogue, organisations } from '../../api/town'
import { useT } from '../../i18n'
import { treeOf } from '../../pages/tree'

interface Props<T> {
  id?: string
  value?: T
  onChange?: (value: T) => void
  disabled?: boolean
  'aria-label'?: string
  placeholder?: string
}

interface OrganisationProps extends Props<string | string[]> {
  several?: boolean
  clearable?: boolean
}

export function OrganisationPicker({ several = false, clearable = false, ...rest }: OrganisationProps) {
  const { t } = useT()
  const { data, isPending } = useQuery(organisations)
  const options = (data?.items ?? [])
    .filter((one) => one.active && one.handles)
    .map((one) => ({ value: one.code, label: `${one.name}（${t(`tier.${one.tier}`)}）` }))
  return (
    <Select
      {...rest}
      {...(several && { mode: 'multiple' as const })}
      allowClear={clearable}
      loading={isPending}
      showSearch={{ optionFilterProp: 'label' }}
      options={options}
      notFoundContent={t('pick.none.organisation')}
      placeholder={t('pick.search')}
    />
  )
}

export function MatterPicker({ withUrgent = true, ...rest }: Props<string> & { withUrgent?: boolean }) {
  const { t, language } = useT()
  const { data, isPending } = useQuery(catalogue)
  const options = useMemo(
    () =>
      (data?.categories ?? [])
        .map((one) => ({
          label: `${one.code} ${language === 'en' && one.name_en !== '' ? one.name_en : one.name}`,
          options: (data?.items ?? [])
            .filter((matter) => matter.active && matter.category === one.code && (withUrgent || !matter.urgent))
            .map((matter) => ({
              value: matter.code,
              label: `${matter.code} ${language === 'en' && matter.name_en !== '' ? matter.name_en : matter.name}`,
            })),
        }))
        .filter((one) => one.options.length > 0),
    [data, language, withUrgent],
  )
  return (
    <Select
      placeholder={t('pick.search')}
      {...rest}
      loading={isPending}
      showSearch={{ optionFilterProp: 'label' }}
      options={options}
      allowClear
      notFoundContent={t('pick.none.matter')}
    />
  )
}

export function GridPicker(props: Props<string> & { clearable?: boolean }) {
  const { t } = useT()
  const { clearable = false, ...rest } = props
  const { data } = useQuery(grids)
  const tree = useMemo(() => treeOf(data?.items ?? []), [data])
  const few = (data?.items.length ?? 0) <= 300
  return (
    <TreeSelect
      placeholder={t('pick.search')}
      {...rest}
      key={data === undefined ? 'awaited' : 'there'} // the tree opens wholly only when it is made
      disabled={data === undefined || rest.disabled === true}
      allowClear={clearable}
      treeDefaultExpandAll={few}
      treeData={tree}
      showSearch={{ treeNodeFilterProp: 'title' }}
      style={{ width: '100%' }}
    />
  )
}

/** A person, searched for by name: there may be tens of thousands. */
export function PersonPicker({ several = false, value, ...rest }: Props<string | string[]> & { several?: boolean }) {
  const { t } = useT()
  const [search, setSearch] = useState('')
  const asked = useQuery(staff(search.trim()))
  const alone = typeof value === 'string' ? value : undefined
  const known = asked.data?.items ?? []
  // Who is chosen already may not be among those that were found.
  const chosen = useQuery({ ...onePerson(alone ?? ''), enabled: alone !== undefined && !known.some((one) => one.id === alone) })
  const items = [...(chosen.data === undefined ? [] : [chosen.data]), ...known]
  return (
    <Select
      {...rest}
      {...(value !== undefined && { value })}
      {...(several && { mode: 'multiple' as const })}
      showSearch={{ filterOption: false, onSearch: setSearch }}
      loading={asked.isFetching}
      options={items.map((one) => ({ value: one.id, label: one.appointments[0] === undefined ? one.name : `${one.name}（${one.appointments[0].grid_name}）` }))}
      notFoundContent={t('pick.none.person')}
      placeholder={t('pick.person')}
    />
  )
}
