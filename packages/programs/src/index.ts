// What runs in namespaces beside the kernel: kubelet, dockerd, and the servers of pods and hosts.

export { ensureAll, type Ensured, NodeRefusal } from "./node/ensure.ts";
export { Dockerd, DOCKER_BRIDGE, type DockerOptions } from "./dockerd/dockerd.ts";
export { dockerRules } from "./dockerd/chains.ts";
export { dockerMac, DockerNetwork, type DockerNetworkOptions } from "./dockerd/docker-network.ts";
export { Kubelet, type KubeletOptions } from "./kubelet/kubelet.ts";
export { kubeletRules } from "./kubelet/chains.ts";
export type { PodNetwork, SandboxRequest } from "./kubelet/pod-network.ts";
export { hasBusybox, NGINX_PAGE, serversOf } from "./servers/images.ts";
export { serve, type ServeOptions } from "./servers/serve.ts";
export type { Served, ServedListener, ServerSpec } from "./servers/serving.ts";
