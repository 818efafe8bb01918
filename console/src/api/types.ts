/** Short names of the API's types, which are made from its OpenAPI document. */
import type { components } from './schema'

type Schemas = components['schemas']

export type Session = Schemas['SessionView']
export type Role = Schemas['Role']
export type Line = Schemas['IncidentLine']
export type Detail = Schemas['IncidentDetail']
export type Standing = Schemas['IncidentStanding']
export type Clock = Schemas['ClockView']
export type ClockDetail = Schemas['ClockDetail']
export type LogLine = Schemas['LogLine']
export type IncidentEvent = Schemas['IncidentEvent']
export type LiveIncident = Schemas['LiveIncident']
export type Call = Schemas['CallView']
export type Notice = Schemas['NoticeView']
export type Upcoming = Schemas['UpcomingView']
export type Detection = Schemas['DetectionView']
export type Alarm = Schemas['AlarmView']
export type AlarmState = Schemas['AlarmState']
export type AlarmLoad = Schemas['AlarmLoadView']
export type FalseSpot = Schemas['FalseSpotView']
export type Maintenance = Schemas['MaintenanceView']
export type Provider = Schemas['ChannelView']
export type ChannelTest = Schemas['ChannelTestView']
export type Proof = Schemas['ProofView']
export type GoView = Schemas['LinkView']
export type PolicyLine = Schemas['PolicyView']
export type ReadinessLine = Schemas['ReadinessView']
export type Simulation = Schemas['SimulationView']
export type Watch = Schemas['WatchStatus']
export type Collector = Schemas['CollectorView']
export type Device = Schemas['DeviceView']
export type Latest = Schemas['LatestView']
export type Series = Schemas['ReadingSeries']
export type Grid = Schemas['GridView']
export type Person = Schemas['PersonName']
export type Kind = Schemas['Kind']
export type State = Schemas['State']
export type Grade = Schemas['Grade']
export type Tier = Schemas['Tier']
export type Place = Schemas['Place']

export type Channel = Schemas['Channel']
export type Basis = Schemas['Basis']
export type Box = Schemas['BoxView']
/** States of ISA-18.2, in the order in which an operator cares. */
export const ALARM_STATES: readonly AlarmState[] = [
  'unacknowledged', 'returned_unacknowledged', 'acknowledged', 'shelved', 'suppressed', 'out_of_service', 'normal',
]
export const TIERS: readonly Tier[] = ['village', 'township', 'city']
export const GRADES: readonly Grade[] = ['I', 'II', 'III', 'IV']
export const KINDS: readonly Kind[] = [
  'fire', 'smoke', 'flood', 'rain', 'gas', 'call', 'fall', 'crowding', 'intrusion', 'abandoned', 'temperature',
  'level', 'door', 'loitering', 'tripwire', 'motion', 'tamper', 'video_loss', 'silence', 'sensor_fault',
  'link_loss', 'other',
]

/** It still waits on somebody. */
export const isOpen = (line: Pick<Line, 'state'>) => !['closed', 'evaluated', 'rejected', 'merged'].includes(line.state)
export type Truth = Schemas['Truth']
export type Quality = Schemas['QualityView']
export type Rate = Schemas['RateView']
export type Verdicts = Schemas['VerdictsView']
export type Drill = Schemas['DrillView']
export type Replay = Schemas['ReplayView']
export type ReplayResult = Schemas['ReplayResultView']
export type DetectorFault = Schemas['FaultView']
