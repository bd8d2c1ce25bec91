/** Chain names seen on real nodes and in three articles. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endpointChain, endpointHash, portProtoHash, serviceChains } from "../../src/index.ts";

describe("portProtoHash", () => {
  it.each([
    ["default/kubernetes:https", "tcp", "NPX46M4PTMTKRN6Y"],
    ["kube-system/kube-dns:dns", "udp", "TCOU7JCQXEZGVUNU"],
    ["kube-system/kube-dns:dns-tcp", "tcp", "ERIFXISQEP7F7OF4"],
    ["kube-system/kube-dns:metrics", "tcp", "JD5MR3NA4I4DYORP"],
    ["default/x:", "tcp", "MCBTJDWYGBVZTRXX"],
    ["default/x", "tcp", "YN63FEFM67FG4MAO"],
    ["prod/export:", "tcp", "3IL52ANAN3BQ2L74"],
    ["default/nginx-service-nodeport:", "tcp", "I64SNEMOLCWHJHS3"],
    ["default/nginx-service:", "tcp", "GKN7Y2BSGW4NJTYL"],
  ])("%s %s", (name, protocol, hash) => {
    expect(portProtoHash(name, protocol)).toBe(hash);
  });

  it("is the same for every chain of a service port", () => {
    const chains = Object.values(serviceChains("ns2/svc2:p80", "tcp"));
    expect(chains.map((chain) => chain.split("-")[2])).toEqual(chains.map(() => "GNZBNJ2PO5MGZ6GT"));
  });

  it("depends on name and protocol only, and is 16 letters of base32", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("tcp", "udp"), (name, protocol) => {
        const hash = portProtoHash(name, protocol);
        expect(hash).toMatch(/^[A-Z2-7]{16}$/);
        expect(portProtoHash(name, protocol)).toBe(hash);
        expect(endpointHash(name, protocol, "")).toBe(hash);
      }),
    );
  });
});

describe("endpointChain", () => {
  it.each([
    ["100.96.5.17", "4XYJJELQ3E7C4ILJ"],
    ["100.96.54.235", "2ARYYMMMNDJELHE4"],
    ["100.96.54.247", "OAQPXBQCZ2RBB4R7"],
    ["100.96.54.253", "SCYIBWIJAXIRXS6R"],
    ["100.96.55.154", "G4DTLZEMDSEVF3G4"],
    ["100.96.55.156", "NXPFCT6ZBXHAOXQN"],
    ["100.96.9.43", "7DUMGWOXA5S7CFHJ"],
    ["100.96.9.45", "LNIY4F5PIJA3CQPM"],
    ["100.96.9.48", "SLBETXT7UIBTZCPK"],
    ["100.96.9.52", "FMCOTKNLEICO2V37"],
  ])("prod/export: → %s", (ip, hash) => {
    expect(endpointChain("prod/export:", "tcp", `${ip}:80`)).toBe(`KUBE-SEP-${hash}`);
  });

  it.each([
    ["default/nginx-service-nodeport:", "172.17.0.2:80", "MMWJ6M2J72TU3J64"],
    ["default/nginx-service-nodeport:", "172.17.0.3:80", "GRLEVIWNO4P37GSQ"],
    ["default/nginx-service-nodeport:", "172.17.0.4:80", "74XRUOWV76LDS3ID"],
    ["default/nginx-service:", "10.1.5.4:80", "E5HSR3R2B7URHFJI"],
    ["default/nginx-service:", "10.1.5.5:80", "R2MSMBFMMKEJBLAL"],
    ["default/nginx-service:", "10.1.6.5:80", "CAKGWV44IP65RES6"],
    ["default/nginx-service:", "10.1.6.6:80", "2XH37R654LGYZT6Q"],
    ["ns1/svc1:p80", "10.180.0.1:80", "SXIVWICOYRO3J4NJ"],
  ])("%s → %s", (name, endpoint, hash) => {
    expect(endpointChain(name, "tcp", endpoint)).toBe(`KUBE-SEP-${hash}`);
  });
});
