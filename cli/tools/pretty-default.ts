// The template that click-pretty uses where none is given: the configuration, then all elements and
// classes, then the ports of each element.

export const DEFAULT_TEMPLATE = `<!DOCTYPE html>
<html><head>
<meta charset="iso-8859-1">
<title>Click configuration</title>
<style>
body { font-family: sans-serif; margin: 2em; }
pre, code { font-family: monospace; }
.c-cmt { color: #777; }
.c-kw { font-weight: bold; }
.c-cfg { color: #060; }
.c-cd { font-weight: bold; font-style: italic; }
.c-ed { font-weight: bold; }
.c-err { color: #c00; font-weight: bold; }
td { padding: 0 0.8em 0 0; vertical-align: top; }
</style>
</head><body>
<h1>Configuration</h1>
<~config>
<h1>Elements</h1>
<ul>
<~elements
  entry='<li><~name link> :: <~type link>, <a href="#t-<~name>">ports</a></li>'
  typeentry='<li><i><~type link></i>: <~typerefs entry="<~name link>" sep=", "></li>'
  sep='
'>
</ul>
<h1>Ports</h1>
<~elements
  entry='<h3><a name="t-<~name>"><~name link></a> :: <~type link></h3>
<table>
<~inputs><~outputs></table>
'
  inputentry='<tr><td>input <~port></td><td><~processing></td><td>from <~inputconnections sep=", "></td></tr>
'
  outputentry='<tr><td>output <~port></td><td><~processing></td><td>to <~outputconnections sep=", "></td></tr>
'
  inputconnection='<a href="#t-<~name>"><~name></a> [<~port>]'
  outputconnection='[<~port>] <a href="#t-<~name>"><~name></a>'
  noinputconnection='nothing'
  nooutputconnection='nothing'>
</body></html>
`
