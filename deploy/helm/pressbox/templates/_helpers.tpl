{{/* Every template here takes {root: the chart's own scope, part: worker, web, …}, and what is named beside it. */}}

{{- define "pressbox.name" -}}
{{- if contains "pressbox" .Release.Name }}{{ .Release.Name | trunc 50 }}{{ else }}{{ printf "%s-pressbox" .Release.Name | trunc 50 }}{{ end }}
{{- end }}

{{- define "pressbox.labels" -}}
app.kubernetes.io/name: pressbox
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "pressbox.metadata" -}}
name: {{ include "pressbox.name" .root }}-{{ .part }}
labels:
  {{- include "pressbox.labels" . | nindent 2 }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
  helm.sh/chart: pressbox-{{ .root.Chart.Version }}
{{- end }}

{{- define "pressbox.image" -}}
image: {{ .root.Values.images.registry }}pressbox/{{ .image | default .part }}:{{ .root.Values.images.tag | default .root.Chart.AppVersion }}
imagePullPolicy: {{ .root.Values.images.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* image: of another name than the part. port: of its API. replicas: nothing where it scales by itself. command.
     secrets: what its environment comes from; none: it is told nothing. detector: it names things. mounts,
     volumes: more than all have. */}}
{{- define "pressbox.deployment" -}}
{{- $values := index .root.Values .part }}
{{- $name := include "pressbox.name" .root }}
apiVersion: apps/v1
kind: Deployment
metadata: {{- include "pressbox.metadata" . | nindent 2 }}
spec:
  {{- if not (kindIs "invalid" .replicas) }}
  replicas: {{ .replicas }}
  {{- end }}
  strategy: {{- toYaml .strategy | nindent 4 }}
  selector:
    matchLabels: {{- include "pressbox.labels" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "pressbox.labels" . | nindent 8 }}
      annotations:
        {{- if .secrets }}
        checksum/settings: {{ include (print .root.Template.BasePath "/settings.yaml") .root | sha256sum }}
        {{- end }}
        {{- if .port }}
        prometheus.io/scrape: "true"
        prometheus.io/port: {{ .port | quote }}
        {{- end }}
    spec:
      # Kubernetes would set PRESSBOX_WEB_PORT=tcp://… for a Service pressbox-web.
      enableServiceLinks: false
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: {{ $values.stopSeconds | default 30 }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile: {type: RuntimeDefault}
      imagePullSecrets: {{- toYaml .root.Values.images.pullSecrets | nindent 8 }}
      {{- with $values.placement }}{{ toYaml . | nindent 6 }}{{ end }}
      {{- if .detector }}
      # The detector's weights, 4 MB; a start goes on without them.
      initContainers:
        - name: detector
          {{- include "pressbox.image" . | nindent 10 }}
          command: [python, -c, "import asyncio; from launcher import detector_weights as w; asyncio.run(w.obtain(print))"]
          volumeMounts: [{name: cache, mountPath: /cache}, {name: tmp, mountPath: /tmp}]
      {{- end }}
      containers:
        - name: {{ .part }}
          {{- include "pressbox.image" . | nindent 10 }}
          {{- with .command }}
          command: {{- toYaml . | nindent 12 }}
          {{- end }}
          env: {{- toYaml .env | nindent 12 }}
          envFrom:
            {{- range without (default list .secrets) "" }}
            - secretRef: {name: {{ . }}}
            {{- end }}
          {{- if .port }}
          ports: [{name: http, containerPort: {{ .port }}}]
          startupProbe:
            httpGet: &health
              path: /health
              port: http
            periodSeconds: 2
            timeoutSeconds: 3
            failureThreshold: {{ div ($values.startSeconds | default 120) 2 }}
          readinessProbe: {httpGet: *health, periodSeconds: 5, timeoutSeconds: 3}
          livenessProbe: {httpGet: *health, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6}
          {{- end }}
          resources: {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            - {name: cache, mountPath: /cache}
            {{- if .secrets }}
            - {name: state, mountPath: /state}
            - {name: settings, mountPath: /app/pressbox.yaml, subPath: pressbox.yaml, readOnly: true}
            {{- end }}
            {{- with .mounts }}{{ toYaml . | nindent 12 }}{{ end }}
      volumes:
        - {name: tmp, emptyDir: {}}
        - {name: cache, emptyDir: {}}
        {{- if .secrets }}
        - {name: settings, configMap: {name: {{ $name }}-settings}}
        {{- with .root.Values.state }}
        - name: state
          {{- ternary (dict "persistentVolumeClaim" (dict "claimName" (.existingClaim | default (print $name "-state")))) (dict "emptyDir" dict) .enabled | toYaml | nindent 10 }}
        {{- end }}
        {{- end }}
        {{- with .volumes }}{{ toYaml . | nindent 8 }}{{ end }}
{{- end }}

{{/* One of its pods at a time may be taken away by hand; headless: its name resolves to each pod. */}}
{{- define "pressbox.service" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{- include "pressbox.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "pressbox.labels" . | nindent 6 }}
---
apiVersion: v1
kind: Service
metadata: {{- include "pressbox.metadata" . | nindent 2 }}
spec:
  {{- if .headless }}
  clusterIP: None
  {{- end }}
  selector: {{- include "pressbox.labels" . | nindent 4 }}
  ports: [{name: http, port: {{ .port }}}]
{{- end }}

{{/* metric: of its pods; average: what each is to have. */}}
{{- define "pressbox.autoscaler" -}}
{{- $scaling := (index .root.Values .part).autoscaling }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{- include "pressbox.metadata" . | nindent 2 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "pressbox.name" .root }}-{{ .part }}}
  minReplicas: {{ $scaling.min }}
  maxReplicas: {{ $scaling.max }}
  metrics:
    - type: Pods
      pods:
        metric: {name: {{ .metric }}}
        target: {type: AverageValue, averageValue: {{ .average | quote }}}
  behavior:
    scaleUp: {stabilizationWindowSeconds: 0}
    # What a pod that goes was doing is done anew, which is heard: rarely, and one after another.
    scaleDown: {stabilizationWindowSeconds: 600, policies: [{type: Pods, value: 1, periodSeconds: 120}]}
{{- end }}
