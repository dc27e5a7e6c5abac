// A declarative pipeline that tells a group of its result, through the relay's door for messages as DingTalk takes them.
// The credential `dingtalk-relay` is a secret text: the token of a caller with the door `robot`. RELAY is the relay's
// address, for example http://127.0.0.1:8060.
pipeline {
    agent any
    environment {
        RELAY = 'http://127.0.0.1:8060'
        RELAY_TOKEN = credentials('dingtalk-relay')
    }
    stages {
        stage('Build') {
            steps { sh 'make' }
        }
    }
    post {
        failure { script { tell("🔴 ${env.JOB_NAME} failed") } }
        fixed { script { tell("✅ ${env.JOB_NAME} works again") } }
    }
}

def tell(String title) {
    def took = currentBuild.durationString.replace(' and counting', '')
    def body = [msgtype: 'markdown', markdown: [title: "${title}", text: "### ${title}\n\n#${env.BUILD_NUMBER} · ${took}\n\n[Log](${env.BUILD_URL}console)"]]
    writeFile file: 'dingtalk.json', text: groovy.json.JsonOutput.toJson(body)
    sh 'curl -fsS "$RELAY/robot/send?access_token=$RELAY_TOKEN" -H "Content-Type: application/json" -d @dingtalk.json'
}
