// What kubectl prints differently by release. First release of each form; read off outputs published with those releases
// (articles of 1.10 and 1.19 among them), not from kubectl's history, so a boundary may be one release off.

/** Forms of kubectl's output. */
export interface KubectlFlavour {
  /** Columns are at least 6 wide instead of 10. */
  readonly narrowColumns: boolean;
  /** Ages of two units (`3d13h`, `4m30s`) instead of one. */
  readonly longAges: boolean;
  readonly nominatedNode: boolean;
  readonly readinessGates: boolean;
  /** Deployments and StatefulSets show READY 1/2 instead of DESIRED, CURRENT. */
  readonly readyColumn: boolean;
  readonly internalIPColumn: boolean;
  /** `describe service` names IP families and all IPs. */
  readonly ipFamilies: boolean;
  readonly internalTrafficPolicy: boolean;
  /** Annotations as `key: value` instead of `key=value`. */
  readonly annotationColon: boolean;
  /** `service/web created` instead of `service "web" created`. */
  readonly slashNames: boolean;
  /** `No resources found in default namespace.` */
  readonly emptyNamesNamespace: boolean;
  /** `deleted from default namespace` */
  readonly deletedFrom: boolean;
}

const SINCE: Readonly<Record<keyof KubectlFlavour, number>> = {
  narrowColumns: 12,
  longAges: 13,
  nominatedNode: 11,
  readinessGates: 13,
  readyColumn: 14,
  internalIPColumn: 12,
  ipFamilies: 20,
  internalTrafficPolicy: 31,
  annotationColon: 14,
  slashNames: 11,
  emptyNamesNamespace: 17,
  deletedFrom: 34,
};

/** Forms of a release such as `1.10` or `v1.28.3`. */
export function kubectlFlavour(version: string): KubectlFlavour {
  const minor = Number(/^v?1\.(\d+)/.exec(version)?.[1] ?? Number.NaN);
  if (Number.isNaN(minor)) throw new Error(`not a Kubernetes version: ${version}`);
  const entries = Object.entries(SINCE).map(([form, first]) => [form, minor >= first]);
  return Object.fromEntries(entries) as Record<keyof KubectlFlavour, boolean>;
}
