// What pods listen on when a scenario says nothing else: well-known images as they do by themselves. Of any other image the container
// ports that its manifest declares answer, as plain http or echo servers, so that a manifest works as written.

import type { Container, Pod } from "@kubehop/kube";
import type { ServerSpec } from "./serving.ts";

/** The page that nginx images answer with, shortened to what people look for. */
export const NGINX_PAGE = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
    body {
        width: 35em;
        margin: 0 auto;
        font-family: Tahoma, Verdana, Arial, sans-serif;
    }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
`;

interface ImageRow {
  /** Last path element of the image name without tag. */
  readonly image: RegExp;
  readonly servers: readonly ServerSpec[];
}

/** Releases of the nginx image: when their page was last changed, s since 1970 (Last-Modified of the answer). */
const NGINX_PAGES: Readonly<Record<string, number>> = { "1.7.9": 1_419_351_909 };

/** Images whose servers do not follow from their container ports. An empty list: a shell that listens nowhere. */
const IMAGES: readonly ImageRow[] = [
  { image: /^nginx(-slim)?$/, servers: [{ kind: "http", protocol: "tcp", port: 80, body: NGINX_PAGE }] },
  {
    image: /^httpd$/,
    servers: [{ kind: "http", protocol: "tcp", port: 80, body: "<html><body><h1>It works!</h1></body></html>\n" }],
  },
  { image: /^podinfo$/, servers: [{ kind: "hostname", protocol: "tcp", port: 9898 }] },
  { image: /^(serve_hostname|serve-hostname)$/, servers: [{ kind: "hostname", protocol: "tcp", port: 9376 }] },
  { image: /^(centos|busybox|alpine|debian|ubuntu|curl|netshoot|pause|toolbox)$/, servers: [] },
];

/** Images whose tools are busybox's, not the full ones. */
const BUSYBOX_IMAGES = /^(alpine|busybox|k8s-dns-.*)$/;

/** True when `ip` and its kind print like busybox's in this pod (its first container, where `kubectl exec` leads). */
export function hasBusybox(pod: Pod): boolean {
  return BUSYBOX_IMAGES.test(baseName(pod.spec.containers[0]?.image ?? ""));
}

/** What a pod serves by its images and ports. */
export function serversOf(pod: Pod): ServerSpec[] {
  return pod.spec.containers.flatMap((container) => serversOfContainer(container));
}

function serversOfContainer(container: Container): readonly ServerSpec[] {
  const image = container.image ?? "";
  const row = IMAGES.find((known) => known.image.test(baseName(image)));
  const known = (row?.servers ?? []).map((server) => withSite(server, image));
  const declared = container.ports
    .filter((port) => port.protocol !== "SCTP" && !known.some((s) => s.port === port.containerPort))
    .map((port): ServerSpec => {
      const protocol = port.protocol === "UDP" ? "udp" : "tcp";
      return { kind: protocol === "udp" ? "echo" : "hostname", protocol, port: port.containerPort };
    });
  return [...known, ...declared];
}

/** The nginx image of a known release presents its page as that release does. */
function withSite(server: ServerSpec, image: string): ServerSpec {
  const tag = /:([^/:@]+)(?:@.*)?$/.exec(image)?.[1];
  const modified = tag === undefined || baseName(image) !== "nginx" ? undefined : NGINX_PAGES[tag];
  return modified === undefined ? server : { ...server, site: { server: `nginx/${tag}`, modified } };
}

function baseName(image: string): string {
  return image.replace(/@.*$/, "").replace(/^.*\//, "").replace(/:.*$/, "");
}
